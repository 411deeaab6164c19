"""Workspaces as the instance's key manages them."""

from uuid import uuid4

import pytest

from mediatheque.errors import Conflict, Invalid, KeyRefused, WorkspaceNotFound, WorkspaceSuspended
from mediatheque.library import Library
from mediatheque.library.accounts import workspaces
from mediatheque.library.catalog import access
from mediatheque.model import Acl, AclEffect, AclEntry, Scope, WorkspaceState
from tests.library.accounts.files import store


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for which other processes know a key is not waited for."""
    monkeypatch.setattr(workspaces, "_CACHES_END_SECONDS", 0)


async def test_created_workspace_has_a_first_key_that_may_do_everything_in_it(library: Library) -> None:
    made = await library.accounts.workspaces.create("studio")
    principal = await library.accounts.authenticate(made.first.secret)
    assert principal.workspace_id == made.workspace.id
    assert principal.scopes == {Scope.READ, Scope.WRITE, Scope.ADMIN}


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a/b", "x" * 101, "a\n"])
async def test_impossible_names_are_refused(library: Library, name: str) -> None:
    made = await library.accounts.workspaces.create("studio")
    with pytest.raises(Invalid):
        await library.accounts.workspaces.create(name)
    with pytest.raises(Invalid):
        await library.accounts.workspaces.rename(made.workspace.id, name)


async def test_names_of_others_are_taken_also_former_ones_and_those_of_deleted_workspaces(library: Library) -> None:
    verbs = library.accounts.workspaces
    one, two, three = [(await verbs.create(name)).workspace for name in ("one", "two", "three")]
    await verbs.rename(one.id, "uno")
    await verbs.delete(two.id)
    await library.maintenance.deleted_workspaces.delete(two.id)
    for name in ("one", "uno", "two"):
        for attempt in (verbs.create(name), verbs.rename(three.id, name)):
            with pytest.raises(Conflict):
                await attempt
    for name in ("one", "two"):
        with pytest.raises(Conflict):
            await library.accounts.create_key(name, frozenset({Scope.READ}))
    assert (await verbs.rename(one.id, "one")).name == "one"


async def test_library_whose_first_workspace_was_deleted_gets_no_other_first_key(library: Library) -> None:
    assert await library.accounts.bootstrap("default")
    id = (await library.accounts.workspaces.find("default")).id
    await library.accounts.workspaces.delete(id)
    assert await library.accounts.bootstrap("default") is None
    await library.maintenance.deleted_workspaces.delete(id)
    assert await library.accounts.bootstrap("default") is None


async def test_renamed_workspace_keeps_the_rights_of_its_former_names(library: Library) -> None:
    verbs = library.accounts.workspaces
    made = await verbs.create("friend")
    file = await store(library, "owner")
    acl = Acl(AclEffect.HIDE, (AclEntry("friend", AclEffect.ALLOW),))
    await library.catalog.access.set_acl(file.workspace_id, file.id, acl)
    await verbs.rename(made.workspace.id, "companion")
    await verbs.rename(made.workspace.id, "ally")
    file = await library.catalog.files.get_public(file.id)
    friend = await library.accounts.authenticate(made.first.secret)
    assert friend.former_names == ("companion", "friend")
    assert access._decide(file, friend) is AclEffect.ALLOW
    stranger = await library.accounts.authenticate((await verbs.create("stranger")).first.secret)
    assert access._decide(file, stranger) is AclEffect.HIDE


async def test_suspended_workspace_refuses_keys_and_tokens_until_it_is_resumed(library: Library) -> None:
    verbs = library.accounts.workspaces
    made = await verbs.create("studio")
    assert (await verbs.suspend(made.workspace.id)).state is WorkspaceState.SUSPENDED
    with pytest.raises(WorkspaceSuspended):
        await library.accounts.authenticate(made.first.secret)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(made.first.secret + "x")
    assert (await verbs.resume(made.workspace.id)).state is WorkspaceState.ACTIVE
    library.accounts._cached_keys._cached.clear()
    await library.accounts.authenticate(made.first.secret)


async def test_workspaces_are_listed_newest_first_in_pages(library: Library) -> None:
    made = [(await library.accounts.workspaces.create(f"w{number}")).workspace for number in range(4)]
    first, more = await library.accounts.workspaces.list(None, 3)
    assert ([each.name for each in first], more) == (["w3", "w2", "w1"], True)
    assert made[3] == first[0]


async def test_unknown_workspace_is_not_found(library: Library) -> None:
    verbs, id = library.accounts.workspaces, uuid4()
    for attempt in (verbs.get(id), verbs.rename(id, "a"), verbs.suspend(id), verbs.resume(id), verbs.delete(id)):
        with pytest.raises(WorkspaceNotFound):
            await attempt


async def test_deleted_workspace_can_only_be_deleted_again(library: Library) -> None:
    verbs = library.accounts.workspaces
    id = (await verbs.create("studio")).workspace.id
    assert (await verbs.delete(id)).state is WorkspaceState.DELETING
    for attempt in (verbs.rename(id, "a"), verbs.suspend(id), verbs.resume(id)):
        with pytest.raises(Conflict):
            await attempt
    assert (await verbs.delete(id)).state is WorkspaceState.DELETING
