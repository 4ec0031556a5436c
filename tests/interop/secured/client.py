"""The PyPI package `etcd3` with TLS, a client certificate and users. Usage: client.py host:port folder"""

import sys
import threading

import etcd3
import grpc

endpoint, folder = sys.argv[1:]
host, port = endpoint.split(":")


def connect(user, password):
    return etcd3.client(
        host=host,
        port=int(port),
        ca_cert=f"{folder}/ca.crt",
        cert_cert=f"{folder}/stranger.crt",
        cert_key=f"{folder}/stranger.key",
        user=user,
        password=password,
        timeout=10,
    )


def refused(work, text):
    try:
        work()
    except (grpc.RpcError, etcd3.exceptions.Etcd3Exception, ValueError) as error:
        said = error.details() if isinstance(error, grpc.RpcError) else str(error)
        assert text in said, said
    else:
        raise AssertionError(f"not refused: {text}")


root, user = connect("root", "pw"), connect("u1", "pw")
root.put("secret", "s")
user.put("foo", "1")
assert user.get("foo")[0] == b"1"
refused(lambda: user.put("bar", "1"), "permission denied")
refused(lambda: user.get("secret"), "permission denied")
done, _ = user.transaction(
    compare=[user.transactions.value("foo") == "1"],
    success=[user.transactions.put("foo", "2")],
    failure=[],
)
assert done
refused(
    lambda: user.transaction(
        compare=[user.transactions.value("foo") == "2"],
        success=[user.transactions.get("foo")],
        failure=[user.transactions.delete("bar")],
    ),
    "permission denied",
)
seen = []
arrived = threading.Event()
watch_id = user.add_watch_callback(
    "foo", lambda response: (seen.extend(response.events), arrived.set())
)
user.put("foo", "3")
assert arrived.wait(10) and seen[0].value == b"3"
user.cancel_watch(watch_id)
lease = user.lease(60)
user.put("foo", "leased", lease=lease)
lease.revoke()
assert user.get("foo")[0] is None
refused(lambda: connect("u1", "wrong").get("foo"), "authentication failed")
root.close()
user.close()
print("etcd3 of PyPI: put, get, txn, watch, lease, refusals")
