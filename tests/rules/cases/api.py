"""Bad cases of cfnlink/rules/api.py."""

import json

from tests.rules.cases import DEPLOYMENT, REMOVE, case, chosen
from tests.template import get_att, ref, resource

OTHER_API = resource("AWS::ApiGateway::RestApi", Name="other")

BAD_CASES = [
    case(
        "E9501",
        {f"{DEPLOYMENT}.DependsOn": ["ApiProxy", "ApiClientErrors", "ApiServerErrors"]},
        at=f"{DEPLOYMENT}",
    ),
    case("E9501", {f"{DEPLOYMENT}.DependsOn": REMOVE}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 2, 3, 4, 5, 6, 7, 8)}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 1, 3, 4, 5, 6, 7, 8)}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 1, 2, 4, 5, 6, 7, 8)}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 1, 2, 3, 5, 6, 7, 8)}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 1, 2, 3, 4, 6, 7, 8)}),
    case("W9501", {f"{DEPLOYMENT}.DependsOn": chosen(0, 1, 2, 3, 4, 5, 7, 8)}),
    case("W9502", {"Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {}}}),
    case("E9964", {"ApiProxyMethod.Integration": REMOVE}, at="ApiProxyMethod.Properties"),
    case(
        "E9503",
        {
            f"{DEPLOYMENT}.Properties": {
                "RestApiId": ref("ApiRestApi"),
                "StageName": "gateway-stage",
            }
        },
        at=f"{DEPLOYMENT}.StageName",
    ),
    case(
        "E9504",
        {"Other": OTHER_API, "ApiProxyMethod.RestApiId": ref("Other")},
        at="ApiProxyMethod.ResourceId",
    ),
    case(
        "E9504",
        {"Other": OTHER_API, "ApiStage.RestApiId": ref("Other")},
        at="ApiStage.DeploymentId",
    ),
    case(
        "E9504",
        {"Other": OTHER_API, "ApiProxy.RestApiId": ref("Other")},
        at="ApiProxy.ParentId",
    ),
    case(
        "E9504",
        {"Other": OTHER_API, "ApiPlanDefault.ApiStages.0.ApiId": ref("Other")},
        at="ApiPlanDefault.ApiStages.0.Stage",
    ),
    case(
        "E9504",
        {"Other": OTHER_API, "DnsBasePathMapping.RestApiId": ref("Other")},
        at="DnsBasePathMapping.Stage",
    ),
    case("W9505", {"AccountApiGatewayAccount": REMOVE}, at="ApiStage.AccessLogSetting"),
    case("W9506", {"ApiStage.AccessLogSetting.Format": "$context.requestId $context.sourceIp"}),
    case("W9509", {"ApiStage.MethodSettings.0.LoggingLevel": "INFO"}),
    case("E9516", {"ApiProxyOptions.Integration.IntegrationResponses.0.StatusCode": "200"}),
    case(
        "E9516",
        {
            (
                "ApiProxyOptions.MethodResponses.0.ResponseParameters.'method.response."
                "header.Access-Control-Allow-Origin'"
            ): REMOVE
        },
        at=(
            "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
            "'method.response.header.Access-Control-Allow-Origin'"
        ),
    ),
    case(
        "E9517",
        {
            (
                "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Cont"
                "rol-Allow-Origin'"
            ): "*"
        },
    ),
    case("E9517", {"ApiClientErrors.ResponseParameters.Access-Control-Max-Age": "'1'"}),
    case(
        "E9517",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): "*"
        },
    ),
    case(
        "E9517",
        {
            (
                "ApiProxyMethod.Integration.RequestParameters.'integration.request.head"
                "er.x-api-key'"
            ): "hidden"
        },
    ),
    case("E9517", {"ApiProxyMethod.RequestParameters.'method.request.proxy'": True}),
    case("E9594", {"ApiProxyOptions.Integration.RequestTemplates.application/json": "{}"}),
    case("E9595", {"ApiProxyOptions.Integration.ContentHandling": REMOVE}),
    case(
        "E9594",
        {
            "ApiProxyOptions.Integration.RequestTemplates.application/json": '{"statusCode": 200}'
        },
    ),
    case(
        "E9590",
        {
            (
                "ApiProxyMethod.Integration.RequestParameters.'integration.request.path.proxy'"
            ): REMOVE
        },
        at="ApiProxyMethod.Integration.Uri",
    ),
    case(
        "E9591",
        {"ApiProxyMethod.RequestParameters": REMOVE},
        at=("ApiProxyMethod.Integration.RequestParameters.'integration.request.path.proxy'"),
    ),
    case(
        "E9592",
        {"ApiProxyMethod.Integration.Uri": "http://service.internal:80/"},
        at=("ApiProxyMethod.Integration.RequestParameters.'integration.request.path.proxy'"),
    ),
    case(
        "E9593",
        {"ApiProxy.PathPart": "{path+}"},
        at="ApiProxyMethod.RequestParameters.'method.request.path.proxy'",
    ),
    case("W9598", {"ApiRootMethod": REMOVE}, at="ApiProxy.PathPart"),
    case("W9597", {"ApiProxyMethod": REMOVE}, at="ApiProxy.Properties"),
    case(
        "W9597", {"ApiProxyMethod": REMOVE, "ApiProxyOptions": REMOVE}, at="ApiProxy.Properties"
    ),
    case(
        "E9597",
        {
            "Other": resource(
                "AWS::ApiGateway::Resource",
                RestApiId=ref("ApiRestApi"),
                ParentId=get_att("ApiRestApi", "RootResourceId"),
                PathPart="{other}",
            )
        },
        at="Other.PathPart",
    ),
    case(
        "E9596",
        {
            "Other": resource(
                "AWS::ApiGateway::Resource",
                RestApiId=ref("ApiRestApi"),
                ParentId=ref("ApiProxy"),
                PathPart="below",
            )
        },
        at="Other.ParentId",
    ),
    case("W9505", {"Nothing": resource("AWS::SNS::Topic")}, at="ApiStage", alone=True),
    case("W9593", {"ApiClientErrors.StatusCode": "200"}),
    case(
        "W9594",
        {
            "ApiClientErrors.ResponseTemplates": {
                "application/json": '{"message": "$context.error.messageString"}'
            }
        },
    ),
    case("W9592", {"ApiProxyMethod.Integration.IntegrationHttpMethod": "GET"}),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": json.dumps(
                {
                    "Statement": {
                        "Effect": "Allow",
                        "Condition": {"IpAddress": {"aws:SourceIp": ["192.168.0.0/16"]}},
                    }
                }
            )
        },
    ),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Condition": {"StringEquals": {"aws:SourceVpc": ref("NetworkVpc")}},
                    }
                ]
            }
        },
    ),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Condition": {"StringNotEquals": {"aws:SourceVpc": ref("NetworkVpc")}},
                    }
                ]
            }
        },
    ),
    case("E9525", {"ApiProxyMethod.Integration.ConnectionId": "${stageVariables.vpcLinkId}"}),
    case("W9595", {"ApiProxy.PathPart": "{proxy}"}),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
                    }
                ]
            }
        },
    ),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
                    }
                ]
            }
        },
    ),
    case("W9599", {"ApiServerErrors.StatusCode": "200"}),
]

ACCEPTED = [
    # a proxy passes the answer on, whatever an integration response says
    case(
        "E9516",
        {
            "ApiProxyMethod.Integration.IntegrationResponses": [{"StatusCode": 200}],
        },
    ),
    case(
        "W9596",
        {
            "ApiRestApi.Policy": {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Condition": {"StringEquals": {"aws:SourceVpc": ref("NetworkVpc")}},
                    }
                ]
            }
        },
    ),
    case(
        "E9525",
        {
            "ApiProxyMethod.Integration.ConnectionId": "${stageVariables.link}",
            "ApiStage.Variables": {"link": ref("ApiVpcLink")},
        },
    ),
]
