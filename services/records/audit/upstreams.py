"""Auth's own audit: sign-ins, users, tokens, departments."""

from aiohttp import ClientError, ClientSession

from services.records.audit.errors import AuthAuditDown
from shared.contracts.accounts import AuditEntries, AuditQuery


class AuthAudit:
    def __init__(self, http: ClientSession, auth_url: str) -> None:
        self._http = http
        self._url = f"{auth_url}/internal/audit"

    async def list_audit(self, authorization: str, wanted: AuditQuery) -> AuditEntries:
        """As the admin whose identity `authorization` carries.

        Raises:
            AuthAuditDown: auth does not answer, or not as it should.
        """
        query = {name: str(value) for name, value in wanted.model_dump(mode="json", exclude_none=True).items()}
        try:
            async with self._http.get(self._url, params=query, headers={"Authorization": authorization}) as response:
                response.raise_for_status()
                return AuditEntries.model_validate_json(await response.read())
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise AuthAuditDown from error
