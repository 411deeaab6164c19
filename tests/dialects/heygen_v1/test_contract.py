"""The contract at HeyGen v1's doors."""

from tests.contracts.dialect import Keyed, TakesBodies, TakesFiles, TakesJson
from tests.dialects.heygen_v1 import door


class TestUpload(Keyed, TakesFiles, TakesBodies):
    door = door.UPLOAD


class TestList(Keyed):
    door = door.LIST


class TestDelete(Keyed):
    door = door.DELETE


class TestTalkingPhoto(Keyed, TakesFiles, TakesBodies):
    door = door.PHOTO


class TestTalkingPhotos(Keyed):
    door = door.PHOTOS


class WithoutUrls(Keyed):
    """Answers in which this server's own address does not occur."""

    test_a_host_that_is_none = None  # type: ignore[assignment]


class TestDeleteTalkingPhoto(WithoutUrls):
    door = door.DELETE_PHOTO


class TestFolders(WithoutUrls):
    door = door.FOLDERS


class TestCreateFolder(WithoutUrls, TakesJson):
    door = door.CREATE


class TestRenameFolder(WithoutUrls, TakesJson):
    door = door.RENAME


class TestTrashFolder(WithoutUrls):
    door = door.TRASH


class TestRestoreFolder(WithoutUrls):
    door = door.RESTORE
