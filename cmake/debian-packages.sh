# SPDX-License-Identifier: Apache-2.0
# Sourced by tests/run and examples/run. need_packages NAME...: installs those Debian packages that are missing, as
# root or by sudo; where all are there it costs a few milliseconds and asks for no rights.

need_packages() {
    local missing=() name log
    if ! command -v dpkg-query >/dev/null; then
        echo "Not a Debian system: install the equivalents of: $*" >&2
        return 0
    fi
    for name in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0

    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "Missing: ${missing[*]}. Run as root, or install sudo." >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}"
    log=$(mktemp)
    # Another apt at work holds the lock for a while: wait for it instead of failing.
    if ! { "${as_root[@]}" apt-get -q update &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
               install --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
        cat "$log" >&2
        echo "apt-get could not install: ${missing[*]}" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
