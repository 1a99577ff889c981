"""The commands with which a person removes what a deployment made."""

from shared.aws import Json


def removal_commands(plan: Json) -> list[str]:
    """What to type, in this order, to remove what the plan creates; what is there already is left out."""
    commands = []
    if plan["action"] == "create":
        commands.append(f"aws sagemaker delete-endpoint --endpoint-name {plan['endpointName']}")
        commands.append(f"aws sagemaker wait endpoint-deleted --endpoint-name {plan['endpointName']}")
    if not plan["endpointConfig"]["exists"]:
        name = plan["endpointConfig"]["name"]
        commands.append(f"aws sagemaker delete-endpoint-config --endpoint-config-name {name}")
    if plan["model"] and not plan["model"]["exists"]:
        commands.append(f"aws sagemaker delete-model --model-name {plan['model']['name']}")
    return commands
