"""Only the gateway may hand in a client's credential or address."""

import hmac

from services.auth.errors import NotTheGateway


class Gatekeeper:
    def __init__(self, gateway_key: str) -> None:
        self._key = gateway_key.encode()

    def admit(self, key: str) -> None:
        """Raises NotTheGateway unless `key` is the gateway's; takes as long for every wrong one."""
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self._key):
            raise NotTheGateway("这个地址只供网关使用。")
