"""Providers without a server: what they read of URLs and settings, and pinned keys."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mediatheque.errors import SignatureRefused
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.provider import Delivery, RequestRef
from mediatheque.providers.config import ProvidersConfig, api_host
from mediatheque.providers.registry import open_providers
from tests.providers.vendors import Vendors

PROVIDERS = open_providers(ProvidersConfig(), KeepConfig(), FetchConfig())


@pytest.mark.parametrize(
    ("provider", "url", "request_id", "endpoint"),
    [
        ("fal", "https://queue.fal.run/fal-ai/flux/requests/r-1", "r-1", "fal-ai/flux"),
        ("fal", "https://queue.fal.run/fal-ai/flux/requests/r-1/status?logs=1", "r-1", "fal-ai/flux"),
        ("fal", "HTTPS://Queue.fal.run:443/workflows/me/mine/requests/r-1/cancel", "r-1", "workflows/me/mine"),
        ("krea", "https://api.krea.ai/jobs/j-1", "j-1", None),
        ("replicate", "https://api.replicate.com/v1/predictions/p1", "p1", None),
        ("heygen", "https://api.heygen.com/v3/videos/v1", "v1", "v3"),
        ("heygen", "https://api.heygen.com/v2/videos/v1", "v1", "v2"),
        ("heygen", "https://api.heygen.com/v1/video_status.get?video_id=v1&x=y", "v1", "v1"),
        ("heygen", "https://api.heygen.com/v2/video_translate/t1", "t1", "video_translate"),
    ],
)
def test_url_of_an_api_names_a_request(provider: str, url: str, request_id: str, endpoint: str | None) -> None:
    found = PROVIDERS[provider].parse_url(url)
    assert found == RequestRef(request_id=request_id, endpoint=endpoint)
    PROVIDERS[provider].check(found, to_ask=True)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "url",
    [
        "https://queue.fal.run.evil.test/fal-ai/flux/requests/r-1",
        "https://evil.test/jobs/j-1",
        "https://user@api.krea.ai/jobs/j-1",
        "http://api.krea.ai/jobs/j-1",
        "https://api.replicate.com/v1/files/f-1",
        "https://v3.fal.media/files/a.png",
        "",
    ],
)
def test_other_url_names_none(provider: str, url: str) -> None:
    assert PROVIDERS[provider].parse_url(url) is None


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"fal_hosts": ("https://x",)}, "fal_hosts: expected a host"),
        ({"fal_webhook_keys": ("short",)}, "fal_webhook_keys: expected 32 bytes in base64url"),
    ],
)
def test_impossible_setting_is_refused(setting: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        ProvidersConfig(**setting)


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://api.test/v1", "api.test"), ("http://api.test:8080", "api.test:8080"), ("http://[::1]:80/x", "[::1]:80")],
)
def test_host_of_an_api_is_an_entry_of_its_allow_list(url: str, host: str) -> None:
    assert api_host(url) == host


async def test_pinned_keys_verify_without_a_request() -> None:
    with Vendors() as vendors:
        config = ProvidersConfig(fal_webhook_keys=(vendors.public_key,), fal_jwks_url=f"{vendors.url}/jwks.json")
        fal = open_providers(config, KeepConfig(), FetchConfig())["fal"]
        headers = {name.lower(): value for name, value in vendors.fal_headers("r-1", b"{}").items()}
        await fal.verify(Delivery(headers=headers, body=b"{}", received_at=datetime.now(UTC)))
        with pytest.raises(SignatureRefused):
            await fal.verify(Delivery(headers=headers, body=b"[]", received_at=datetime.now(UTC)))
        assert vendors.requests == []
