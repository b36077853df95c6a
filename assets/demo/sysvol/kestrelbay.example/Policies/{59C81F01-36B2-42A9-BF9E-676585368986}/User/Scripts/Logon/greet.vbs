' Nothing to see: the bulletin has moved to the intranet.
WScript.Quit 0
