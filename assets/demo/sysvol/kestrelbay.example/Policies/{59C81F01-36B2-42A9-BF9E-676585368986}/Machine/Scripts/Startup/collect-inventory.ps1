param([string]$Target)
# One line per start; the register collects the files at night.
Get-Date -Format s | Out-File -Append (Join-Path $Target "$env:COMPUTERNAME.txt")
