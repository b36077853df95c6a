@echo off
w32tm /query /status >nul
