@echo off
rem Tells the asset register that this computer is alive.
if not exist "%ProgramData%\Kestrel Bay" mkdir "%ProgramData%\Kestrel Bay"
echo %COMPUTERNAME% %DATE% %TIME%>> "%ProgramData%\Kestrel Bay\starts.txt"
