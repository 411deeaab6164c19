"""botocore must use the same bucket as obstore, from the URL or the environment."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.store import S3Store

from mediatheque.blobs.object_store.connection import connect
from mediatheque.blobs.object_store.s3_calls import S3

KEYS = "access_key_id=id&secret_access_key=secret"
VARIABLES = [
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def target_of(url: str) -> tuple[str, str, str, str, list[str] | None]:
    """Return scheme, host, path, credential without its date, and token of a signed URL."""
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    key, _, *rest = query["X-Amz-Credential"][0].split("/")
    return parts.scheme, parts.netloc, parts.path, "/".join([key, *rest]), query.get("X-Amz-Security-Token")


@pytest.mark.parametrize(
    ("location", "environment"),
    [
        (f"/deep/prefix?{KEYS}&endpoint=http://127.0.0.1:9000", {}),
        (f"/deep/prefix?{KEYS}&endpoint=http://127.0.0.1:9000&region=eu-west-3", {}),
        (f"/deep/prefix?{KEYS}&region=eu-west-3", {}),
        (f"/deep/prefix?{KEYS}&default_region=eu-west-3", {}),
        (f"/deep/prefix?{KEYS}&region=eu-west-3", {"AWS_REGION": "eu-north-1"}),
        (f"?{KEYS}", {}),
        (f"?{KEYS}", {"AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "eu-west-1"}),
        (f"?{KEYS}", {"AWS_DEFAULT_REGION": "eu-west-1"}),
        (f"?{KEYS}", {"AWS_ENDPOINT": "http://one.example"}),
        (f"?{KEYS}", {"AWS_ENDPOINT_URL": "http://two.example:81"}),
        (f"/deep/prefix?{KEYS}&endpoint=http://127.0.0.1:9000", {"AWS_ENDPOINT_URL": "http://two.example"}),
        (f"/deep/prefix?{KEYS}&endpoint=http://127.0.0.1:9000", {"AWS_ENDPOINT_URL_S3": "http://three.example"}),
        (f"/deep/prefix?{KEYS}&virtual_hosted_style_request=true&endpoint=http://media.host.example:81", {}),
        (f"/deep/prefix?{KEYS}&virtual_hosted_style_request=true&region=eu-west-3", {}),
        (f"/deep/prefix?{KEYS}&region=eu-west-3", {"AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true"}),
        (f"/deep/prefix?{KEYS}&session_token=token", {}),
        ("/prefix", {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "hush"}),
        ("/prefix", {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "token"}),
    ],
    ids=str,
)
async def test_botocore_and_obstore_use_the_same_bucket(
    monkeypatch: pytest.MonkeyPatch, location: str, environment: dict[str, str]
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    store = connect(f"s3://media{location}")
    assert isinstance(store, S3Store)
    s3 = S3(store)
    ours = (await s3.presign("name", 5, 60)).url
    assert target_of(ours) == target_of(obstore.sign(store, "PUT", "name", timedelta(seconds=60)))
    await s3.close()


async def test_presigned_url_with_encryption_signs_its_headers() -> None:
    store = connect(f"s3://media?{KEYS}&server_side_encryption=aws:kms&sse_kms_key_id=key-1")
    assert isinstance(store, S3Store)
    s3 = S3(store)
    presigned = await s3.presign("name", 5, 60)
    assert presigned.headers == {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
    }
    signed = parse_qs(urlsplit(presigned.url).query)["X-Amz-SignedHeaders"][0].split(";")
    assert set(presigned.headers) < set(signed)
    await s3.close()
