"""Puts the policies that the plan wants on what is registered for scaling."""

from shared.autoscaling import scaling_errors
from shared.aws import Client, Json


def put(policies: list[Json], autoscaling: Client) -> Json:
    """Put every policy, or change it if it is there; putting twice is putting once.

    Parameters
    ----------
    policies : list of Json
        Bodies of PutScalingPolicy.

    Returns
    -------
    Json
        ``policies``: name, ARN and resource id of each, in the same order.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first policy that Application Auto Scaling does not take, yet or at all.
    """
    done = []
    for policy in policies:
        with scaling_errors(policy["ResourceId"]):
            answer = autoscaling.put_scaling_policy(**policy)
        done.append(
            {
                "policyName": policy["PolicyName"],
                "policyArn": answer["PolicyARN"],
                "resourceId": policy["ResourceId"],
            }
        )
    return {"policies": done}
