STOCK = {"tea": 10, "coffee": 0}


def handler(event, context):
    return {"available": STOCK.get(event["item"], 0) >= event["count"]}
