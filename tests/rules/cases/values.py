"""Bad cases of cfnlink/rules/values.py."""

from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import ref, resource

JWT_AUTHORIZER = resource(
    "AWS::ApiGateway::Authorizer", Type="JWT", RestApiId=ref("ApiRestApi")
)


def api_key(value: str) -> dict[str, Any]:
    """Return an API key with a value."""
    return {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": value}}


BAD_CASES = [
    case("E9562", {"ApiProxyMethod.HttpMethod": "FETCH"}),
    case("E9563", {"ApiProxyMethod.AuthorizationType": "IAM"}),
    case("E9567", {"ApiClientErrors.ResponseType": "DEFAULT_4xx"}),
    case("E9569", {"ApiRestApi.ApiKeySourceType": "QUERY"}),
    case("E9570", {"DnsDomainName.SecurityPolicy": "TLS_1_3"}),
    case("E9577", {"ApiPlanDefault.Quota.Period": "YEAR"}),
    case("E9572", {"ApiStage.AccessLogSetting.Format": "$context.requestId\n$context.status"}),
    case("E9572", {"ApiStage.AccessLogSetting.Format": "$context.status"}),
    case("E9572", {"ApiStage.AccessLogSetting.Format": "$context.requestId " * 300}),
    case("E9572", {"ApiStage.AccessLogSetting.Format": REMOVE}),
    case("E9573", {"ApiStage.AccessLogSetting.DestinationArn": "access-log"}),
    case(
        "E9573",
        {
            "ApiStage.AccessLogSetting.DestinationArn": "arn:aws:firehose:us-east-1:1:deliverystream/x"
        },
    ),
    case("W9562", {"ApiStage.AccessLogSetting": REMOVE}),
    case("W9564", {"ApiStage.MethodSettings": REMOVE}),
    case("W9565", {"ApiStage.MethodSettings.0.DataTraceEnabled": True}),
    case("W9584", {"ApiStage.MethodSettings.0.ThrottlingRateLimit": REMOVE}),
    case("W9569", {"ApiStage.MethodSettings.0.ThrottlingBurstLimit": 0}),
    case("W9568", {"ApiStage.MethodSettings.0.ThrottlingRateLimit": 20000}),
    case("W9569", {"ApiStage.MethodSettings.0.ThrottlingBurstLimit": 9000}),
    case("E9574", {"ApiStage.MethodSettings.0.HttpMethod": "ALL"}),
    case("E9575", {"ApiStage.MethodSettings.0.LoggingLevel": "DEBUG"}),
    case("E9580", {"ApiProxyMethod.AuthorizationType": "CUSTOM"}),
    case("E9584", {"ApiProxyOptions.Integration.RequestTemplates": REMOVE}),
    case("E9581", {"ApiProxyMethod.Integration.IntegrationHttpMethod": REMOVE}),
    case("E9562", {"ApiProxyMethod.Integration.IntegrationHttpMethod": "ALL"}),
    case("E9582", {"ApiProxyMethod.Integration.Uri": REMOVE}),
    case("E9564", {"ApiProxyMethod.Integration.Uri": "service.internal/{proxy}"}),
    case("W9570", {"ApiProxyMethod.Integration.TimeoutInMillis": 29001}),
    case("E9566", {"ApiProxy.PathPart": "/{proxy+}"}),
    case("E9566", {"ApiProxy.PathPart": "{proxy}+"}),
    case("E9540", {"ApiProxyOptions.HttpMethod": "ANY"}),
    case("E9585", {"ApiProxyMethod.Integration.ConnectionId": REMOVE}),
    case(
        "W9560",
        {"ApiProxyMethod.Integration.IntegrationTarget": "arn:aws:x:listener/app/a/b/c"},
    ),
    case("W9582", {"ApiVpcLink.SecurityGroupIds": REMOVE}),
    case("W9578", {"ApiApiKeyDefault.Enabled": False}),
    case("W9578", {"ApiApiKeyDefault.Enabled": REMOVE}),
    case("E9578", {"ApiApiKeyDefault.Value": "too-short"}),
    case("W9573", {"ApiPlanDefault.ApiStages": REMOVE}),
    case("W9579", {"ApiApiKeyDefault.Value": "a-literal-value-of-many-letters"}),
    case(
        "E9540",
        {
            "Other": api_key("one-literal-value-of-20"),
            "ApiOther": api_key("one-literal-value-of-20"),
        },
        at="ApiOther.Value",
    ),
    case("W9588", {"ApiMembershipDefault": REMOVE}, at="ApiApiKeyDefault.Properties"),
    case("W9589", {"ApiMembershipDefault": REMOVE}, at="ApiPlanDefault.Properties"),
    case("W9576", {"ApiPlanDefault.Throttle.BurstLimit": REMOVE}),
    case("W9575", {"ApiPlanDefault.Throttle.RateLimit": 0}),
    case("W9574", {"ApiPlanDefault.Throttle": REMOVE}),
    case("W9577", {"ApiPlanDefault.Quota": REMOVE}),
    case("W9572", {"ApiRestApi.BinaryMediaTypes.0": "png"}),
    case("W9571", {"ApiRestApi.EndpointConfiguration": REMOVE}),
    case(
        "W9587",
        {"Other": resource("AWS::ApiGateway::RestApi", Name="shop-production")},
        at="Other.Name",
    ),
    case("E9586", {"ApiRestApi.EndpointAccessMode": REMOVE}, at="ApiRestApi.SecurityPolicy"),
    case(
        "E9587",
        {
            "DnsDomainName.SecurityPolicy": "SecurityPolicy_TLS13_1_2_2021_06",
            "DnsDomainName.MutualTlsAuthentication": {"TruststoreUri": "s3://a/b"},
        },
        at="DnsDomainName.MutualTlsAuthentication",
    ),
    case("W9567", {"ApiStage.CacheClusterEnabled": True}),
    case("W9566", {"ApiStage.MethodSettings.0.MetricsEnabled": True}),
    case("W9580", {"DnsDomainName.SecurityPolicy": "TLS_1_0"}),
    case("W9580", {"DnsDomainName.SecurityPolicy": REMOVE}),
    case("W9581", {"DnsBasePathMapping.Stage": REMOVE}),
    case("E9571", {"DnsBasePathMapping.BasePath": "/shop"}),
    case("E9571", {"DnsBasePathMapping.BasePath": "a shop"}),
    case("E9588", {"DnsAlias.ResourceRecords": ["10.0.0.1"]}),
    case(
        "W9583",
        {"DnsCertificate.DomainValidationOptions": REMOVE},
        at="DnsCertificate.ValidationMethod",
    ),
    case(
        "E9540",
        {
            "Other": resource(
                "AWS::ApiGateway::BasePathMapping", DomainName=ref("DnsDomainName")
            )
        },
        at="Other.DomainName",
    ),
    case(
        "E9540",
        {
            "Other": resource(
                "AWS::Route53::RecordSet",
                HostedZoneId=ref("AccountHostedZone"),
                Name="api.example.com",
                Type="A",
            )
        },
        at="Other.Name",
    ),
    case(
        "W9586",
        {"Other": {"Type": "AWS::ApiGateway::Account", "Properties": {}}},
        at="Other.Properties",
    ),
    case("W9590", {"DnsBasePathMapping": REMOVE}, at="DnsDomainName.Properties"),
    case(
        "W9591", {"Other": {"Type": "AWS::KMS::Key", "Properties": {}}}, at="Other.Properties"
    ),
    case(
        "W9910",
        {"Other": {"Type": "AWS::GlobalAccelerator::Accelerator", "Properties": {}}},
        at="Other.Properties",
    ),
    case("W9542", {"AccountHostedZone.DeletionPolicy": "Delete"}),
    case("W9542", {"AccountHostedZone.DeletionPolicy": REMOVE}),
    case("W9542", {"AccountHostedZone.UpdateReplacePolicy": REMOVE}),
    case("W9542", {"AccountApiGatewayAccount.DeletionPolicy": "Delete"}),
    case("W9542", {"AccountApiGatewayAccount.DeletionPolicy": REMOVE}),
    case(
        "W9542",
        {"AccountApiGatewayLogRole.DeletionPolicy": REMOVE},
        at="AccountApiGatewayAccount.CloudWatchRoleArn",
    ),
    case("E9576", {"ApiStage.StageName": "$default"}),
    case("E9583", {"ApiProxyMethod.Integration.Type": "HTTP"}, at="ApiProxyMethod.Integration"),
    case("E9580", {"ApiProxyMethod.AuthorizationType": "JWT"}),
    case("E9589", {"DnsAlias.Weight": 10}),
    case("E9589", {"DnsAlias.GeoLocation": {"CountryCode": "DE"}}),
    case(
        "E9568",
        {"Added": resource("AWS::ApiGateway::Authorizer", Type="OAUTH")},
        at="Added.Type",
    ),
    case(
        "W9563",
        {"ApiStage.AccessLogSetting.Format": "$context.requestId $context.identity.apiKey"},
    ),
    case("W9585", {"ApiStage.MethodSettings.0.ThrottlingBurstLimit": REMOVE}),
]

ACCEPTED = [
    case("E9540", {"Other": api_key("one-literal-value-of-20"), "Another": api_key("x" * 20)}),
    case(
        "E9563",
        {
            "ApiProxyMethod.AuthorizationType": "JWT",
            "ApiProxyMethod.AuthorizerId": ref("Other"),
            "Other": JWT_AUTHORIZER,
        },
    ),
    case(
        "E9580",
        {
            "ApiProxyMethod.AuthorizationType": "JWT",
            "ApiProxyMethod.AuthorizerId": ref("Other"),
            "Other": JWT_AUTHORIZER,
        },
    ),
    case(
        "E9570",
        {
            "DnsDomainName.EndpointConfiguration.Types": ["PRIVATE"],
            "DnsDomainName.CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/x",
        },
    ),
]
