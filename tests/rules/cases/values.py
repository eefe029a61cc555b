"""Bad cases of cfnlink/rules/values.py."""

from tests.rules.cases import REMOVE, case

BAD_CASES = [
    case("E9500", {"ApiProxyMethod.HttpMethod": "FETCH"}),
    case("E9500", {"ApiProxyMethod.AuthorizationType": "IAM"}),
    case("E9500", {"ApiClientErrors.ResponseType": "DEFAULT_4xx"}),
    case("E9500", {"ApiRestApi.ApiKeySourceType": "QUERY"}),
    case("E9500", {"DnsDomainName.SecurityPolicy": "TLS_1_3"}),
    case("E9500", {"ApiPlanDefault.Quota.Period": "YEAR"}),
    case("E9500", {"ApiStage.AccessLogSetting.Format": "$context.requestId\n$context.status"}),
    case("E9500", {"ApiStage.AccessLogSetting.Format": "$context.status"}),
    case("E9500", {"ApiStage.AccessLogSetting.Format": "$context.requestId " * 300}),
    case("E9500", {"ApiStage.AccessLogSetting.Format": REMOVE}),
    case("E9500", {"ApiStage.AccessLogSetting.DestinationArn": "access-log"}),
    case(
        "E9500",
        {
            "ApiStage.AccessLogSetting.DestinationArn": "arn:aws:firehose:us-east-1:1:deliverystream/x"
        },
    ),
    case("W9500", {"ApiStage.AccessLogSetting": REMOVE}),
    case("W9500", {"ApiStage.MethodSettings": REMOVE}),
    case("W9500", {"ApiStage.MethodSettings.0.DataTraceEnabled": True}),
    case("W9510", {"ApiStage.MethodSettings.0.ThrottlingRateLimit": REMOVE}),
    case("W9500", {"ApiStage.MethodSettings.0.ThrottlingBurstLimit": 0}),
    case("W9500", {"ApiStage.MethodSettings.0.ThrottlingRateLimit": 20000}),
    case("W9500", {"ApiStage.MethodSettings.0.ThrottlingBurstLimit": 9000}),
    case("E9500", {"ApiStage.MethodSettings.0.HttpMethod": "ALL"}),
    case("E9500", {"ApiStage.MethodSettings.0.LoggingLevel": "DEBUG"}),
    case("E9510", {"ApiProxyMethod.AuthorizationType": "CUSTOM"}),
    case("E9510", {"ApiProxyOptions.Integration.RequestTemplates": REMOVE}),
    case("E9510", {"ApiProxyMethod.Integration.IntegrationHttpMethod": REMOVE}),
    case("E9500", {"ApiProxyMethod.Integration.IntegrationHttpMethod": "ALL"}),
    case("E9510", {"ApiProxyMethod.Integration.Uri": REMOVE}),
    case("E9500", {"ApiProxyMethod.Integration.Uri": "service.internal/{proxy}"}),
    case("W9500", {"ApiProxyMethod.Integration.TimeoutInMillis": 29001}),
    case("E9500", {"ApiProxy.PathPart": "/{proxy+}"}),
    case("E9500", {"ApiProxy.PathPart": "{proxy}+"}),
    case("E9540", {"ApiProxyOptions.HttpMethod": "ANY"}),
    case("E9510", {"ApiProxyMethod.Integration.ConnectionId": REMOVE}),
    case(
        "E9500",
        {"ApiProxyMethod.Integration.IntegrationTarget": "arn:aws:x:listener/app/a/b/c"},
    ),
    case("W9500", {"ApiVpcLink.SecurityGroupIds": REMOVE}),
    case("W9500", {"ApiApiKeyDefault.Enabled": False}),
    case("W9500", {"ApiApiKeyDefault.Enabled": REMOVE}),
    case("E9500", {"ApiApiKeyDefault.Value": "too-short"}),
    case("W9500", {"ApiPlanDefault.ApiStages": REMOVE}),
    case("W9500", {"ApiApiKeyDefault.Value": "a-literal-value-of-many-letters"}),
    case("W9541", {"ApiMembershipDefault": REMOVE}, at="ApiApiKeyDefault.Properties"),
    case("W9541", {"ApiMembershipDefault": REMOVE}, at="ApiPlanDefault.Properties"),
    case("W9500", {"ApiPlanDefault.Throttle.BurstLimit": REMOVE}),
    case("W9500", {"ApiPlanDefault.Throttle.RateLimit": 0}),
    case("W9500", {"ApiPlanDefault.Throttle": REMOVE}),
    case("W9500", {"ApiPlanDefault.Quota": REMOVE}),
    case("W9500", {"ApiRestApi.BinaryMediaTypes.0": "png"}),
    case("W9500", {"ApiRestApi.EndpointConfiguration": REMOVE}),
    case(
        "W9540",
        {
            "Other": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {"Name": "shop-production"},
            }
        },
        at="Other.Name",
    ),
    case("E9510", {"ApiRestApi.EndpointAccessMode": REMOVE}, at="ApiRestApi.SecurityPolicy"),
    case(
        "E9510",
        {
            "DnsDomainName.SecurityPolicy": "SecurityPolicy_TLS13_1_2_2021_06",
            "DnsDomainName.MutualTlsAuthentication": {"TruststoreUri": "s3://a/b"},
        },
        at="DnsDomainName.MutualTlsAuthentication",
    ),
    case("W9500", {"ApiStage.CacheClusterEnabled": True}),
    case("W9500", {"ApiStage.MethodSettings.0.MetricsEnabled": True}),
    case("W9500", {"DnsDomainName.SecurityPolicy": "TLS_1_0"}),
    case("W9500", {"DnsDomainName.SecurityPolicy": REMOVE}),
    case("W9500", {"DnsBasePathMapping.Stage": REMOVE}),
    case("E9500", {"DnsBasePathMapping.BasePath": "/shop"}),
    case("E9500", {"DnsBasePathMapping.BasePath": "a shop"}),
    case("E9510", {"DnsAlias.ResourceRecords": ["10.0.0.1"]}),
    case(
        "W9510",
        {"DnsCertificate.DomainValidationOptions": REMOVE},
        at="DnsCertificate.ValidationMethod",
    ),
    case(
        "E9540",
        {
            "Other": {
                "Type": "AWS::ApiGateway::BasePathMapping",
                "Properties": {"DomainName": {"Ref": "DnsDomainName"}},
            }
        },
        at="Other.DomainName",
    ),
    case(
        "E9540",
        {
            "Other": {
                "Type": "AWS::Route53::RecordSet",
                "Properties": {
                    "HostedZoneId": {"Ref": "AccountHostedZone"},
                    "Name": "api.example.com",
                    "Type": "A",
                },
            }
        },
        at="Other.Name",
    ),
    case(
        "W9540",
        {"Other": {"Type": "AWS::ApiGateway::Account", "Properties": {}}},
        at="Other.Properties",
    ),
    case("W9541", {"DnsBasePathMapping": REMOVE}, at="DnsDomainName.Properties"),
    case(
        "W9541", {"Other": {"Type": "AWS::KMS::Key", "Properties": {}}}, at="Other.Properties"
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
    case("E9500", {"ApiStage.StageName": "$default"}),
    case("E9510", {"ApiProxyMethod.Integration.Type": "HTTP"}, at="ApiProxyMethod.Integration"),
    case("E9510", {"ApiProxyMethod.AuthorizationType": "JWT"}),
    case("E9510", {"DnsAlias.Weight": 10}),
    case("E9510", {"DnsAlias.GeoLocation": {"CountryCode": "DE"}}),
]

ACCEPTED = [
    case(
        "E9500",
        {
            "ApiProxyMethod.AuthorizationType": "JWT",
            "ApiProxyMethod.AuthorizerId": {"Ref": "Other"},
            "Other": {
                "Type": "AWS::ApiGateway::Authorizer",
                "Properties": {"Type": "JWT", "RestApiId": {"Ref": "ApiRestApi"}},
            },
        },
    ),
    case(
        "E9510",
        {
            "ApiProxyMethod.AuthorizationType": "JWT",
            "ApiProxyMethod.AuthorizerId": {"Ref": "Other"},
            "Other": {
                "Type": "AWS::ApiGateway::Authorizer",
                "Properties": {"Type": "JWT", "RestApiId": {"Ref": "ApiRestApi"}},
            },
        },
    ),
    case(
        "E9500",
        {
            "DnsDomainName.EndpointConfiguration.Types": ["PRIVATE"],
            "DnsDomainName.CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/x",
        },
    ),
]
