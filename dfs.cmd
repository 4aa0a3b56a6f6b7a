@echo off
rem Runs the dfs command line from the sources: builds Release first when a source is newer than the last build. See ./dfs for Linux and macOS.
setlocal
set "root=%~dp0"
set "program=%root%artifacts\bin\Cli\release\dfs.dll"
set "stamp=%root%artifacts\dfs-launcher.stamp"

where dotnet >nul 2>nul
if errorlevel 1 (
    echo dfs: the command "dotnet" was not found: install the .NET 10 SDK from https://dot.net and try again 1>&2
    exit /b 1
)

rem Exit code 1 means: not built, or a source is newer than the stamp. A mutex keeps parallel starts from building twice.
powershell -NoProfile -ExecutionPolicy Bypass -Command ^
  "$r='%root%'; $p='%program%'; $s='%stamp%';" ^
  "function Stale { if (-not ((Test-Path $p) -and (Test-Path $s))) { return $true };" ^
  "  $t=(Get-Item $s).LastWriteTimeUtc;" ^
  "  [bool](Get-ChildItem -Recurse ($r+'src'),($r+'protos'),($r+'global.json'),($r+'.editorconfig'),($r+'BannedSymbols.txt'),($r+'Directory.*.props') |" ^
  "    Where-Object { $_.LastWriteTimeUtc -gt $t } | Select-Object -First 1) };" ^
  "if (-not (Stale)) { exit 0 };" ^
  "$m=New-Object Threading.Mutex($false,('Local\dfs-'+$r.ToLower().Replace('\','/')));" ^
  "try { [void]$m.WaitOne() } catch [Threading.AbandonedMutexException] { };" ^
  "try { if (-not (Stale)) { exit 0 };" ^
  "  [Console]::Error.WriteLine('dfs: building ...');" ^
  "  New-Item -ItemType Directory -Force ($r+'artifacts') | Out-Null; $b=(Get-Date).ToUniversalTime();" ^
  "  $o=& dotnet build ($r+'src\Cli\Cli.csproj') -c Release -v quiet -nologo -clp:NoSummary -nodeReuse:false 2>&1;" ^
  "  if ($LASTEXITCODE -ne 0) { $o | ForEach-Object { [Console]::Error.WriteLine($_) }; [Console]::Error.WriteLine('dfs: the build failed (see above)'); exit 1 };" ^
  "  if (-not (Test-Path $s)) { New-Item -ItemType File $s | Out-Null }; (Get-Item $s).LastWriteTimeUtc=$b; exit 0 }" ^
  "finally { $m.ReleaseMutex() }"
if errorlevel 1 exit /b 1

dotnet "%program%" %*
exit /b %errorlevel%
