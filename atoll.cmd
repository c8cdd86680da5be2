@echo off
rem The atoll command of this clone: builds it when a source is newer than the last build, then runs it.
setlocal
set "ROOT=%~dp0"
set "LAUNCH=%ROOT%artifacts\launch\windows"
set "ATOLL_REPOSITORY=%ROOT:~0,-1%"
where dotnet >nul 2>nul
if errorlevel 1 (
  echo atoll: the .NET SDK 10 is needed and dotnet is not on PATH. Install it from https://dotnet.microsoft.com/download and try again. 1>&2
  exit /b 1
)
powershell -NoProfile -ExecutionPolicy Bypass -Command ^
  "$stamp = Get-Item -ErrorAction Ignore '%LAUNCH%\stamp';" ^
  "if (-not $stamp) { exit 1 };" ^
  "$paths = 'src','eng','guests\tools','Directory.Build.props','Directory.Packages.props','global.json' | ForEach-Object { Join-Path '%ROOT%.' $_ } | Where-Object { Test-Path $_ };" ^
  "$newer = Get-ChildItem -Recurse $paths | Where-Object { $_.LastWriteTimeUtc -gt $stamp.LastWriteTimeUtc } | Select-Object -First 1;" ^
  "if ($newer) { exit 1 } else { exit 0 }"
if errorlevel 1 (
  echo atoll: building ^(sources changed^) ... 1>&2
  if not exist "%LAUNCH%" mkdir "%LAUNCH%"
  type nul > "%LAUNCH%\stamp.new"
  dotnet publish "%ROOT%src\Atoll.Cli\Atoll.Cli.csproj" -c Release -v q --nologo --use-current-runtime --self-contained false -p:RunAnalyzers=false -p:PublishReadyToRun=true -o "%LAUNCH%" 1>&2
  if errorlevel 1 exit /b 1
  move /y "%LAUNCH%\stamp.new" "%LAUNCH%\stamp" >nul
)
dotnet "%LAUNCH%\atoll.dll" %*
exit /b %errorlevel%
