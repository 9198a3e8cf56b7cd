#!/bin/sh
# Installs what this machine lacks: Debian's packages (as root or with sudo) and .venv from the hash-locked list.
#   install.sh       what running the platform needs
#   install.sh dev   also what the tests and the benchmarks need
# Does nothing, and needs no network, when all is there already.
set -eu
cd "$(dirname "$0")/../.."
kind=${1:-run}
python=${PYTHON:-python3}
uv_version=0.13.9
# The machine's own certificate authorities count: an intranet's proxy has one of its own.
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "$*" >&2; }

missing=
command -v "$python" >/dev/null 2>&1 || missing="$missing python3"
if command -v "$python" >/dev/null 2>&1; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "需要 Python 3.11 或更新，$python 是 $("$python" -V 2>&1)。可用 PYTHON=/路径/python3.11 make … 指定。"; exit 1; }
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
else
    missing="$missing python3-venv"
fi
if [ -z "${DATABASE_URL:-}" ] || [ "$kind" = dev ]; then
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
fi
if [ -z "${AMQP_URL:-}" ] || [ "$kind" = dev ]; then
    ls /usr/lib/rabbitmq/bin/rabbitmq-server >/dev/null 2>&1 || missing="$missing rabbitmq-server"
fi
command -v unshare >/dev/null 2>&1 || missing="$missing util-linux"
if [ "$kind" = dev ]; then
    command -v git >/dev/null 2>&1 || missing="$missing git"
    command -v soffice >/dev/null 2>&1 || missing="$missing libreoffice-calc-nogui"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
    ls /usr/share/fonts/opentype/noto/NotoSansCJK-* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        root=sudo
    elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
        say "要安装系统软件包：$missing（下面会询问 sudo 密码）"
        root=sudo
    else
        say "本机缺少：$missing。请让管理员执行："
        say "    apt-get update && apt-get install -y$missing"
        say "然后再试。"
        exit 1
    fi
    command -v apt-get >/dev/null 2>&1 || { say "本机缺少：$missing，而且不是 Debian（没有 apt-get）。请自行安装后再试。"; exit 1; }
    say "安装系统软件包：$missing"
    # Debian would start its own PostgreSQL and RabbitMQ on the standard ports; ours run under var/ on others.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap '$root rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
        $root chmod 755 $policy
    fi
    $root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    # shellcheck disable=SC2086  # a list of words
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
    if [ -e $policy ] && grep -q '^exit 101$' $policy; then
        $root rm -f $policy
    fi
    trap - EXIT
fi

stamp_of() { { cat "$1"; "$python" -V; } | sha256sum | cut -c1-64; }
dev=$(stamp_of requirements-dev.lock)
run=$(stamp_of requirements.lock)
stamp=.venv/installed
if [ -x .venv/bin/python ] && [ -f $stamp ]; then
    have=$(cat $stamp)
    [ "$have" = "$dev" ] && exit 0
    [ "$kind" = run ] && [ "$have" = "$run" ] && exit 0
fi

lock=requirements.lock want=$run
[ "$kind" = dev ] && lock=requirements-dev.lock want=$dev
say "安装 Python 依赖（$lock，逐个核对哈希）"
rm -f $stamp
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf .venv
    "$python" -m venv .venv
fi
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip -q
.venv/bin/uv --version 2>/dev/null | grep -q "$uv_version" || .venv/bin/python -m pip install -q "uv==$uv_version"
.venv/bin/uv pip sync -q --python .venv/bin/python --require-hashes $lock
printf '%s\n' "$want" >$stamp
