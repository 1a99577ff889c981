from shared import errors

CLOSED_LIST = {
    "VerificationFailed",
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
    "ComponentFailed",
    "ScalingFailed",
    "DeadlineExceeded",
    "RollbackFailed",
    "NotificationFailed",
    "ServiceUnavailable",
    "InternalError",
}


def test_the_list_of_errors_is_closed() -> None:
    assert set(errors.BY_NAME) == CLOSED_LIST


def test_every_error_has_a_meaning_and_a_remedy() -> None:
    incomplete = [error.__name__ for error in errors.ERRORS if not error.__doc__ or not error.remedy.endswith(".")]

    assert incomplete == []


def test_an_error_that_the_state_machine_retries_is_not_in_the_list() -> None:
    assert not issubclass(errors.ScalingNotReady, errors.SlipwayError)


def test_the_tree_in_the_module_names_every_error() -> None:
    missing = [name for name in errors.BY_NAME if name not in (errors.__doc__ or "")]

    assert missing == []
