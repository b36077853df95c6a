@echo off
echo closed %TIME%>> "%ProgramData%\Kestrel Bay\starts.txt"
