import pytest

from mlmon_config_api.domain.provider_claims import ProviderRules, roles_of, user_of
from mlmon_shared.wire.users import Identity, Role

RULES = ProviderRules(roles={"a": Role.AUTHOR, "b": Role.ADMIN, "c": Role.ADMIN})
IDENTITY = Identity(issuer="https://login.example", subject="p-1")


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["a", "x", "c", "b"], [Role.ADMIN, Role.AUTHOR]),
        ("a", [Role.AUTHOR]),
        (["x", 3, None, {"a": 1}], []),
        ([], []),
        (None, []),
        ({"a": True}, []),
        (7, []),
    ],
)
def test_groups_give_roles(groups, roles):
    assert roles_of({"groups": groups}, RULES) == roles


def test_claim_of_groups_may_lie_in_objects():
    rules = ProviderRules(roles_claim="realm_access.roles", roles=RULES.roles)

    assert roles_of({"realm_access": {"roles": ["a"]}}, rules) == [Role.AUTHOR]
    assert roles_of({"realm_access": ["a"]}, rules) == []


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Ann Smith"}, "ann-smith"),
        ({"email": "Ann+x@Example.com"}, "ann+x@example.com"),
        ({}, "p-1"),
        ({"preferred_username": "../../etc"}, "etc"),
        ({"preferred_username": "Жанна"}, None),
        ({"preferred_username": "settings"}, None),
        ({"preferred_username": "x" * 300}, "x" * 100),
    ],
)
def test_name_is_made_of_what_the_provider_tells(claims, name):
    user = user_of(claims, IDENTITY, [Role.READER])

    assert (user.name if user is not None else None) == name


def test_odd_address_is_left_out():
    user = user_of({"preferred_username": "ann", "email": "ann at home"}, IDENTITY, [Role.READER])

    assert user is not None
    assert user.email == ""
