"""Bad cases of cfnlink/rules/vpc_link.py."""

from tests.rules.cases import REMOVE, case
from tests.template import ref, resource

BAD_CASES = [
    case("E9542", {"ApiProxyMethod.Integration.ConnectionType": REMOVE}),
    case("E9543", {"ApiProxyMethod.Integration.IntegrationTarget": REMOVE}),
    case("E9545", {"ApiProxyMethod.Integration.Type": "AWS_PROXY"}),
    case(
        "E9544",
        {
            "Old": {"Type": "AWS::ApiGateway::VpcLink", "Properties": {}},
            "ApiProxyMethod.Integration.ConnectionId": ref("Old"),
        },
        at="ApiProxyMethod.Integration.IntegrationTarget",
    ),
    case("E9533", {"ApiProxyMethod.Integration.Uri": "http://service.internal:8080/{proxy}"}),
    case("E9533", {"ApiProxyMethod.Integration.Uri": "https://service.internal/{proxy}"}),
    case("E9533", {"ApiProxyMethod.Integration.Uri": "https://service.internal:80/{proxy}"}),
    case(
        "E9533",
        {
            "Old": resource(
                "AWS::ApiGateway::VpcLink", TargetArns=[ref("LoadBalancerLoadBalancer")]
            ),
            "ApiProxyMethod.Integration.ConnectionId": ref("Old"),
            "ApiProxyMethod.Integration.IntegrationTarget": REMOVE,
            "ApiProxyMethod.Integration.Uri": "http://service.internal:8443/{proxy}",
        },
        at="ApiProxyMethod.Integration.Uri",
    ),
    case("E9533", {"LoadBalancerListener.Port": 8080}, at="ApiProxyMethod.Integration.Uri"),
    case(
        "E9536",
        {
            "Old": resource(
                "AWS::ApiGateway::VpcLink", TargetArns=[ref("LoadBalancerLoadBalancer")]
            )
        },
        at="Old.TargetArns",
    ),
    case(
        "E9537",
        {"ApiProxyMethod.Integration.ConnectionType": "INTERNET"},
        at="ApiProxyMethod.Integration",
    ),
    case("W9538", {"ApiVpcLink.SubnetIds": [ref("NetworkPrivateSubnetA")]}),
    case(
        "W9538",
        {"NetworkPrivateSubnetA.AvailabilityZoneId": "use1-az2"},
        at="ApiVpcLink.SubnetIds",
    ),
    case(
        "E9546",
        {
            "ApiProxyMethod.Integration": {
                "Type": "AWS_PROXY",
                "IntegrationHttpMethod": "GET",
                "Uri": "arn:aws:apigateway:us-east-1:lambda:path/functions/x/invocations",
            }
        },
        at="ApiProxyMethod.Integration.IntegrationHttpMethod",
    ),
]
