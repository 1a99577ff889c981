from shared import errors

CLOSED_LIST = {
    "InvalidRequest",
    "ProfileNotFound",
    "ProfileInvalid",
    "ModelNotFound",
    "EndpointBusy",
    "Superseded",
    "ExecutionStopped",
    "ExecutionTimedOut",
    "ExecutionRedriven",
    "EndpointNotUpdatable",
    "PlanOutdated",
    "NoFormerDeployment",
    "QuotaExceeded",
    "RequestRefused",
    "EndpointNotOwned",
    "AccessDenied",
    "CreateFailed",
    "UpdateFailed",
    "UpdateRolledBack",
    "UpdateRollbackFailed",
    "ScalingFailed",
    "DeadlineExceeded",
    "RollbackFailed",
    "NotificationFailed",
    "ServiceUnavailable",
    "InternalError",
}


def test_the_list_of_endings_is_closed() -> None:
    assert set(errors.BY_NAME) == CLOSED_LIST


def test_every_ending_says_what_it_means_and_what_to_do() -> None:
    mute = [ending.__name__ for ending in errors.ENDINGS if not ending.__doc__ or not ending.remedy.endswith(".")]

    assert mute == []


def test_what_the_state_machine_tries_again_is_no_ending() -> None:
    assert not issubclass(errors.ScalingNotReady, errors.Ending)


def test_the_tree_in_the_module_names_every_ending() -> None:
    missing = [name for name in errors.BY_NAME if name not in (errors.__doc__ or "")]

    assert missing == []
