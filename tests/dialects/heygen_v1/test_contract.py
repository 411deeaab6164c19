"""The contract at HeyGen v1's doors."""

from tests.contracts.dialect import Keyed, TakesBodies, TakesFiles, TakesJson
from tests.dialects.heygen_v1 import endpoints


class TestUpload(Keyed, TakesFiles, TakesBodies):
    door = endpoints.UPLOAD


class TestList(Keyed):
    door = endpoints.LIST


class TestDelete(Keyed):
    door = endpoints.DELETE


class TestTalkingPhoto(Keyed, TakesFiles, TakesBodies):
    door = endpoints.PHOTO


class TestTalkingPhotos(Keyed):
    door = endpoints.PHOTOS


class WithoutUrls(Keyed):
    """Answers in which this server's own address does not occur."""

    test_a_host_that_is_none = None  # type: ignore[assignment]


class TestDeleteTalkingPhoto(WithoutUrls):
    door = endpoints.DELETE_PHOTO


class TestFolders(WithoutUrls):
    door = endpoints.FOLDERS


class TestCreateFolder(WithoutUrls, TakesJson):
    door = endpoints.CREATE


class TestRenameFolder(WithoutUrls, TakesJson):
    door = endpoints.RENAME


class TestTrashFolder(WithoutUrls):
    door = endpoints.TRASH


class TestRestoreFolder(WithoutUrls):
    door = endpoints.RESTORE
