"""botocore's client for the bucket that obstore speaks to, with the same settings."""

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
"""Where obstore looks for a setting that the URL does not name. Credentials botocore finds by the same variables."""

_TRUE = frozenset({"1", "true", "on", "yes", "y"})


class S3Settings:
    """Those of an obstore store: what its URL says, then what the environment says."""

    def __init__(self, store: S3Store) -> None:
        self._given: dict[str, Any] = dict(store.config)
        self._session = Session(session_vars={name: (None, found, None, None) for name, found in _VARIABLES.items()})
        self.bucket = str(self._given["bucket"])
        self.region = self._get("region") or self._get("default_region") or "us-east-1"
        self.hosted = self._get("virtual_hosted_style_request").lower() in _TRUE

    @property
    def encryption(self) -> dict[str, str]:
        """What new objects are to be encrypted with, as parameters of S3's calls."""
        named = {
            "ServerSideEncryption": self._get("server_side_encryption"),
            "SSEKMSKeyId": self._get("sse_kms_key_id"),
        }
        return {parameter: value for parameter, value in named.items() if value}

    def client(self, endpoint: str = "") -> Any:
        """A client, which sends nothing until used; `endpoint` in place of the store's. The first takes 0.1 s.

        Raises `ValueError` for settings that can never work.
        """
        try:
            return self._session.create_client(
                "s3",
                region_name=self.region,
                endpoint_url=endpoint or self._endpoint(),
                aws_access_key_id=self._given.get("access_key_id"),
                aws_secret_access_key=self._given.get("secret_access_key"),
                aws_session_token=self._given.get("session_token"),
                config=_config("virtual" if self.hosted else "path"),
            )
        except BotoCoreError as error:
            raise ValueError(f"cannot use the bucket {self.bucket} for blobs: {error}") from error

    def _endpoint(self) -> str | None:
        """obstore's endpoint holds the bucket where botocore's does not."""
        endpoint = self._get("endpoint_url_s3") or self._get("endpoint")
        host = urlsplit(endpoint).netloc
        plain = host.removeprefix(f"{self.bucket}.") if self.hosted else host
        return endpoint.replace(host, plain, 1) or None

    def _get(self, name: str) -> str:
        return str(self._given.get(name) or self._session.get_config_variable(name) or "")


def _config(addressing: str) -> Config:
    return Config(
        signature_version="s3v4",
        s3={
            "addressing_style": addressing,
            "payload_signing_enabled": True,
            "us_east_1_regional_endpoint": "regional",
        },
        # Checksums in trailers are younger than most of what speaks S3; the payload is signed instead.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,  # also the longest that a part may stall on its way
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=8,
    )
