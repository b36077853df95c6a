@echo off
echo Imprimantes
