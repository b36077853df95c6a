@echo off
echo %LOGONSERVER%
