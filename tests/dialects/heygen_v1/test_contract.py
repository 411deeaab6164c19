"""The contract for HeyGen v1."""

from tests.contracts.dialect import Keyed, TakesBodies, TakesFiles, TakesJson
from tests.dialects.heygen_v1 import endpoints


class TestUpload(Keyed, TakesFiles, TakesBodies):
    every_value = True
    endpoint = endpoints.UPLOAD


class TestList(Keyed):
    endpoint = endpoints.LIST


class TestDelete(Keyed):
    endpoint = endpoints.DELETE


class TestTalkingPhoto(Keyed, TakesFiles, TakesBodies):
    endpoint = endpoints.PHOTO


class TestTalkingPhotos(Keyed):
    endpoint = endpoints.PHOTOS


class WithoutUrls(Keyed):
    """Answers that do not contain the server's address."""

    test_invalid_host_header_is_refused = None  # type: ignore[assignment]


class TestDeleteTalkingPhoto(WithoutUrls):
    endpoint = endpoints.DELETE_PHOTO


class TestFolders(WithoutUrls):
    endpoint = endpoints.FOLDERS


class TestCreateFolder(WithoutUrls, TakesJson):
    every_value = True
    endpoint = endpoints.CREATE


class TestRenameFolder(WithoutUrls, TakesJson):
    endpoint = endpoints.RENAME


class TestTrashFolder(WithoutUrls):
    endpoint = endpoints.TRASH


class TestRestoreFolder(WithoutUrls):
    endpoint = endpoints.RESTORE
