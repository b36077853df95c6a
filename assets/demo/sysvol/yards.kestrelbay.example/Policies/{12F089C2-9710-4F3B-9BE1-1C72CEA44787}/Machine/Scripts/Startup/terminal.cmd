@echo off
start "" "%ProgramFiles%\Hull Sketch\viewer.exe" %1
