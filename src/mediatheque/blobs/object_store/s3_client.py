"""A botocore client for the bucket that obstore uses, with the same settings."""

from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.session import Session
from obstore.store import S3Store

_VARIABLES = {
    "endpoint": ["AWS_ENDPOINT_URL", "AWS_ENDPOINT"],
    "endpoint_url_s3": ["AWS_ENDPOINT_URL_S3"],
    "region": ["AWS_REGION"],
    "default_region": ["AWS_DEFAULT_REGION"],
    "virtual_hosted_style_request": ["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"],
    "server_side_encryption": ["AWS_SERVER_SIDE_ENCRYPTION"],
    "sse_kms_key_id": ["AWS_SSE_KMS_KEY_ID"],
}
"""Where obstore looks for a setting that is not in the URL. botocore reads credentials from the same variables."""

_TRUE = frozenset({"1", "true", "on", "yes", "y"})


class S3Settings:
    """Settings of an obstore store: from its URL, else from the environment."""

    def __init__(self, store: S3Store) -> None:
        self._url_settings: dict[str, Any] = dict(store.config)
        self._session = Session(session_vars={name: (None, names, None, None) for name, names in _VARIABLES.items()})
        self.bucket = str(self._url_settings["bucket"])
        self.region = self._get("region") or self._get("default_region") or "us-east-1"
        self._virtual_hosted = self._get("virtual_hosted_style_request").lower() in _TRUE

    @property
    def encryption(self) -> dict[str, str]:
        """How new objects are encrypted, as parameters of S3's calls."""
        encryption = {
            "ServerSideEncryption": self._get("server_side_encryption"),
            "SSEKMSKeyId": self._get("sse_kms_key_id"),
        }
        return {parameter: value for parameter, value in encryption.items() if value}

    def client(self, endpoint: str = "") -> Any:
        """Create a client, which sends nothing until used, for `endpoint` or the store's. The first takes 0.1 s.

        Raises `ValueError` for settings that can never work.
        """
        try:
            return self._session.create_client(
                "s3",
                region_name=self.region,
                endpoint_url=endpoint or self._endpoint(),
                aws_access_key_id=self._url_settings.get("access_key_id"),
                aws_secret_access_key=self._url_settings.get("secret_access_key"),
                aws_session_token=self._url_settings.get("session_token"),
                config=_config("virtual" if self._virtual_hosted else "path"),
            )
        except BotoCoreError as error:
            raise ValueError(f"cannot use the bucket {self.bucket} for blobs: {error}") from error

    def _endpoint(self) -> str | None:
        """Remove the bucket from the host name of a virtual-hosted endpoint: obstore has it there, botocore adds it."""
        endpoint = self._get("endpoint_url_s3") or self._get("endpoint")
        host = urlsplit(endpoint).netloc
        bare_host = host.removeprefix(f"{self.bucket}.") if self._virtual_hosted else host
        return endpoint.replace(host, bare_host, 1) or None

    def _get(self, name: str) -> str:
        return str(self._url_settings.get(name) or self._session.get_config_variable(name) or "")


def _config(addressing: str) -> Config:
    return Config(
        signature_version="s3v4",
        s3={
            "addressing_style": addressing,
            "payload_signing_enabled": True,
            "us_east_1_regional_endpoint": "regional",
        },
        # Many S3 servers do not know checksums in trailers; the payload is signed instead.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,  # also the longest that the sending of a part may stall
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=8,
    )
