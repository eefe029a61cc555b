"""The model knows what listens on which port, and what calls it."""

from typing import Any

import pytest

from cfnlink.aws.catalogue import types
from cfnlink.system.connections import heard_ports, port_of, ports_of, required_connections
from cfnlink.system.network import groups_of
from cfnlink.system.resource import System
from tests.system.templates import one, template
from tests.template import get_att, ref

CACHE: tuple[str, dict[str, Any]] = ("ElastiCache::ReplicationGroup", {})
TASK = {"NetworkMode": "awsvpc"}


def calls(system: System) -> list[tuple[str, str, float]]:
    """Return the connections that a system needs, by name."""
    return [(c.source.name, c.target.name, c.port) for c in required_connections(system)]


def called(value: Any, **others: tuple[str, dict[str, Any]]) -> list[tuple[str, str, float]]:
    """Return what a service calls whose task has a value in its environment."""
    container = {"Environment": [{"Name": "URL", "Value": value}]}
    return calls(
        template(
            Service=("ECS::Service", {"TaskDefinition": ref("Task")}),
            Task=("ECS::TaskDefinition", {**TASK, "ContainerDefinitions": [container]}),
            **others,
        )
    )


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("RDS::DBInstance", {"Engine": "postgres"}, 5432),
        ("RDS::DBInstance", {"Engine": "postgres", "Port": "6000"}, 6000),
        ("RDS::DBInstance", {"Engine": "postgres", "Port": ref("Port")}, None),
        ("RDS::DBInstance", {"Engine": ref("Engine")}, None),
        ("RDS::DBInstance", {}, None),
        ("RDS::DBCluster", {"Engine": "aurora-mysql"}, 3306),
        ("RDS::DBProxy", {"EngineFamily": "POSTGRESQL"}, 5432),
        ("ElastiCache::ReplicationGroup", {}, 6379),
        ("ElastiCache::CacheCluster", {"Engine": "memcached"}, 11211),
        ("EFS::MountTarget", {}, 2049),
        ("Redshift::Cluster", {"Port": 5440}, 5440),
        ("MSK::Cluster", {}, None),
        ("SQS::Queue", {}, None),
    ],
)
def test_a_type_listens_on_its_stated_port_or_that_of_its_engine(
    kind: str, properties: dict[str, Any], expected: float | None
) -> None:
    assert port_of(one(kind, **properties)) == expected


@pytest.mark.parametrize(
    ("service", "kind", "expected"),
    [
        ("ecr.api", "Interface", (443,)),
        ("ecr.api-fips", "Interface", (443,)),
        ("email-smtp", "Interface", ()),
        ("s3", "Gateway", ()),
    ],
)
def test_clients_call_an_interface_endpoint_on_443(
    service: str, kind: str, expected: tuple[float, ...]
) -> None:
    name = {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"}
    endpoint = one("EC2::VPCEndpoint", ServiceName=name, VpcEndpointType=kind)

    assert ports_of(endpoint) == expected


def test_a_balancer_is_heard_on_the_port_of_each_listener() -> None:
    system = template(
        Balancer=("ElasticLoadBalancingV2::LoadBalancer", {}),
        Web=(
            "ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": ref("Balancer"), "Port": 443},
        ),
        Dns=(
            "ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": ref("Balancer"), "Port": 53, "Protocol": "UDP"},
        ),
    )

    assert list(heard_ports(system.resources["Balancer"])) == [(443,)]


@pytest.mark.parametrize(
    ("health", "ports"), [("4900", [4000, 4900]), ("traffic-port", [4000]), (None, [4000])]
)
def test_a_balancer_calls_tasks_on_their_port_and_the_port_of_the_health_check(
    health: str | None, ports: list[float]
) -> None:
    found = calls(
        template(
            Balancer=("ElasticLoadBalancingV2::LoadBalancer", {}),
            Listener=(
                "ElasticLoadBalancingV2::Listener",
                {
                    "LoadBalancerArn": ref("Balancer"),
                    "DefaultActions": [{"Type": "forward", "TargetGroupArn": ref("Targets")}],
                },
            ),
            Targets=("ElasticLoadBalancingV2::TargetGroup", {"HealthCheckPort": health}),
            Service=(
                "ECS::Service",
                {"LoadBalancers": [{"ContainerPort": 4000, "TargetGroupArn": ref("Targets")}]},
            ),
        )
    )

    assert found == [("Balancer", "Service", port) for port in ports]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({"Port": 80}, [("Fleet", 80), ("Machine", 8080)]),
        ({"HealthCheckPort": "81"}, [("Fleet", 81), ("Machine", 8080), ("Machine", 81)]),
        ({"Port": ref("Port")}, [("Machine", 8080)]),
        ({"Port": 80, "Protocol": "UDP"}, []),
    ],
)  # fmt: skip
def test_a_balancer_calls_the_instances_of_a_target_group(
    targets: dict[str, Any], expected: list[tuple[str, float]]
) -> None:
    action = {"Type": "forward", "TargetGroupArn": ref("Targets")}
    given = {"Targets": [{"Id": ref("Machine"), "Port": 8080}]}
    data = {"SecurityGroupIds": [ref("Group")]}
    launch = {"LaunchTemplateId": ref("Launch")}
    system = template(
        Balancer=("ElasticLoadBalancingV2::LoadBalancer", {}),
        Listener=(
            "ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": ref("Balancer"), "DefaultActions": [action]},
        ),
        Targets=("ElasticLoadBalancingV2::TargetGroup", {**targets, **given}),
        Machine=("EC2::Instance", {}),
        Group=("EC2::SecurityGroup", {}),
        Launch=("EC2::LaunchTemplate", {"LaunchTemplateData": data}),
        Fleet=(
            "AutoScaling::AutoScalingGroup",
            {"TargetGroupARNs": [ref("Targets")], "LaunchTemplate": launch},
        ),
    )  # fmt: skip

    assert calls(system) == [("Balancer", *each) for each in expected]
    assert [each.name for each in groups_of(system.resources["Fleet"])] == ["Group"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (get_att("Cache", "PrimaryEndPoint.Address"), [("Service", "Cache", 6379)]),
        ({"Fn::Sub": "redis://${Cache.PrimaryEndPoint.Address}"}, [("Service", "Cache", 6379)]),
        (ref("Secret"), [("Service", "Cache", 6379)]),
        (
            {
                "Fn::Sub": [
                    "${A}:${B}",
                    {
                        "A": get_att("Cache", "PrimaryEndPoint.Address"),
                        "B": {"Fn::Select": [0, ref("List")]},
                    },
                ]
            },
            [("Service", "Cache", 6379)],
        ),
        (
            {
                "Fn::Join": [
                    ":",
                    [
                        "a",
                        {
                            "Fn::Select": [
                                0,
                                [get_att("Cache", "PrimaryEndPoint.Address"), ref("Other")],
                            ]
                        },
                    ],
                ]
            },
            [("Service", "Cache", 6379)],
        ),
        (ref("Cache"), []),
        ({"Fn::Sub": ["${A}", {"A": "x"}]}, []),
    ],
)
def test_a_task_calls_what_it_gets_the_address_of(
    value: Any, expected: list[tuple[str, str, float]]
) -> None:
    text = {"Fn::Sub": "rediss://${Cache.PrimaryEndPoint.Address}"}
    secret = ("SecretsManager::Secret", {"SecretString": text})

    assert called(value, Cache=CACHE, Secret=secret) == expected


@pytest.mark.parametrize(
    ("uri", "port"),
    [
        ("http://example.com/a", 80),
        ("https://${AWS::Region}.example.com:8443/a", 8443),
        ("https://${Balancer.DNSName}/${AWS::Region}:1", 443),
        ("http://example.com:${Port}/a", None),
        ("arn:aws:lambda", None),
    ],
)
def test_a_link_calls_the_port_of_the_uri(uri: str, port: float | None) -> None:
    integration = {"ConnectionId": ref("Link"), "IntegrationTarget": ref("Balancer"),
                   "Uri": {"Fn::Sub": uri}}  # fmt: skip
    system = template(
        Method=("ApiGateway::Method", {"Integration": integration}),
        Link=("ApiGatewayV2::VpcLink", {}),
        Balancer=("ElasticLoadBalancingV2::LoadBalancer", {}),
    )

    assert calls(system) == ([("Link", "Balancer", port)] if port else [])


def test_a_task_calls_the_database_that_is_attached_to_its_secret() -> None:
    found = called(
        ref("Secret"),
        Secret=("SecretsManager::Secret", {}),
        Attachment=(
            "SecretsManager::SecretTargetAttachment",
            {"SecretId": ref("Secret"), "TargetId": ref("Database")},
        ),
        Database=("RDS::DBInstance", {"Engine": "postgres"}),
    )

    assert found == [("Service", "Database", 5432)]


def test_a_task_calls_the_proxy_and_the_proxy_calls_the_database() -> None:
    found = called(
        {"Fn::Sub": "${Proxy.Endpoint} ${Database.Endpoint.Port}"},
        Database=("RDS::DBInstance", {"Engine": "postgres"}),
        Proxy=("RDS::DBProxy", {"EngineFamily": "POSTGRESQL"}),
        Targets=(
            "RDS::DBProxyTargetGroup",
            {"DBProxyName": ref("Proxy"), "DBInstanceIdentifiers": [ref("Database")]},
        ),
    )

    assert found == [("Service", "Proxy", 5432), ("Proxy", "Database", 5432)]


def test_tasks_and_functions_call_the_mount_targets_of_their_file_system() -> None:
    files = {
        "Files": ("EFS::FileSystem", {}),
        "Point": ("EFS::AccessPoint", {"FileSystemId": ref("Files")}),
        "Mount": ("EFS::MountTarget", {"FileSystemId": ref("Files")}),
    }
    volume = {"EFSVolumeConfiguration": {"FilesystemId": ref("Files")}}
    found = template(
        Service=("ECS::Service", {"TaskDefinition": ref("Task")}),
        Task=("ECS::TaskDefinition", {**TASK, "Volumes": [volume]}),
        Function=(
            "Lambda::Function",
            {
                "VpcConfig": {"SubnetIds": []},
                "FileSystemConfigs": [{"Arn": get_att("Point", "Arn")}],
            },
        ),
        **files,
    )

    assert calls(found) == [("Service", "Mount", 2049), ("Function", "Mount", 2049)]


def test_a_function_outside_a_vpc_has_no_groups_and_no_connection() -> None:
    url = {"Variables": {"URL": get_att("Cache", "PrimaryEndPoint.Address")}}

    assert (
        calls(template(Cache=CACHE, Function=("Lambda::Function", {"Environment": url}))) == []
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://orders.shop.internal:8080/v1", [("Service", "Orders", 8080)]),
        ("orders.shop.internal", []),
        ("http://orders", [("Service", "Orders", 3000)]),
        ("http://orders.example.com:8080", []),
    ],
)
def test_a_task_calls_the_service_whose_discovery_name_it_gets(
    value: str, expected: list[tuple[str, str, float]]
) -> None:
    port = {"ContainerPort": 3000, "Name": "http"}
    offer = {"PortName": "http", "ClientAliases": [{"DnsName": "orders", "Port": 80}]}
    found = called(
        value,
        Space=("ServiceDiscovery::PrivateDnsNamespace", {"Name": "shop.internal"}),
        Name=("ServiceDiscovery::Service", {"Name": "orders", "NamespaceId": ref("Space")}),
        Other=("ECS::TaskDefinition", {"ContainerDefinitions": [{"PortMappings": [port]}]}),
        Orders=(
            "ECS::Service",
            {
                "TaskDefinition": ref("Other"),
                "ServiceRegistries": [{"RegistryArn": get_att("Name", "Arn")}],
                "ServiceConnectConfiguration": {"Enabled": True, "Services": [offer]},
            },
        ),
    )

    assert found == expected


def test_what_listens_names_its_security_groups() -> None:
    rows = {name: row for name, row in types().items() if row.listens}

    assert {
        n for n, row in rows.items() if not (row.in_network and row.in_network.groups)
    } == set()


def test_a_scheduled_task_calls_the_cache_with_the_groups_of_its_run() -> None:
    address = get_att("Cache", "PrimaryEndPoint.Address")
    container = {"Environment": [{"Name": "URL", "Value": address}]}
    groups = {"AwsvpcConfiguration": {"SecurityGroups": [ref("Group")]}}
    run = {"TaskDefinitionArn": ref("Task"), "NetworkConfiguration": groups}
    found = template(
        Cache=CACHE,
        Group=("EC2::SecurityGroup", {}),
        Task=("ECS::TaskDefinition", {**TASK, "ContainerDefinitions": [container]}),
        Job=("Scheduler::Schedule", {"Target": {"EcsParameters": run}}),
    )

    assert calls(found) == [("Job", "Cache", 6379)]
    assert groups_of(found.resources["Job"]) == [found.resources["Group"]]
