@echo off
echo Bonjour %USERNAME%
