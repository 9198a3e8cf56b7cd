"""Fixtures every test may use. Those that need a server live in tests/fixtures/."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.rabbitmq",
    "tests.fixtures.platform",
    "tests.fixtures.auth",
    "tests.fixtures.gateway",
    "tests.e2e.browser",
]
