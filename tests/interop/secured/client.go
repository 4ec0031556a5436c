// etcd's own client in Go with TLS, a client certificate and users. Usage: client host:port folder
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func refused(err error, text string) {
	if err == nil || !strings.Contains(err.Error(), text) {
		panic(fmt.Sprintf("not refused with %q: %v", text, err))
	}
}

func connect(user, password string) (*clientv3.Client, error) {
	folder := os.Args[2] + "/"
	files := transport.TLSInfo{
		TrustedCAFile: folder + "ca.crt", CertFile: folder + "stranger.crt", KeyFile: folder + "stranger.key",
	}
	config, err := files.ClientConfig()
	must(err)
	return clientv3.New(clientv3.Config{
		Endpoints: []string{"https://" + os.Args[1]}, TLS: config,
		Username: user, Password: password, DialTimeout: 10 * time.Second,
	})
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	root, err := connect("root", "pw")
	must(err)
	user, err := connect("u1", "pw")
	must(err)
	_, err = root.Put(ctx, "secret", "s")
	must(err)
	_, err = user.Put(ctx, "foo", "1")
	must(err)
	_, err = user.Put(ctx, "bar", "1")
	refused(err, "permission denied")
	_, err = user.Get(ctx, "secret")
	refused(err, "permission denied")
	txn, err := user.Txn(ctx).If(clientv3.Compare(clientv3.Value("foo"), "=", "1")).Then(clientv3.OpPut("foo", "2")).Commit()
	must(err)
	if !txn.Succeeded {
		panic("the comparison failed")
	}
	_, err = user.Txn(ctx).Then(clientv3.OpGet("foo")).Else(clientv3.OpDelete("bar")).Commit()
	refused(err, "permission denied")
	events := user.Watch(ctx, "foo")
	_, err = user.Put(ctx, "foo", "3")
	must(err)
	if got := string((<-events).Events[0].Kv.Value); got != "3" {
		panic("the watch saw " + got)
	}
	refusal := <-user.Watch(ctx, "secret")
	refused(refusal.Err(), "permission denied")
	lease, err := user.Grant(ctx, 60)
	must(err)
	_, err = user.Put(ctx, "foo", "leased", clientv3.WithLease(lease.ID))
	must(err)
	_, err = user.KeepAliveOnce(ctx, lease.ID)
	must(err)
	_, err = user.Revoke(ctx, lease.ID)
	must(err)
	_, err = connect("u1", "wrong")
	refused(err, "authentication failed")
	// Longer than a token lives.
	time.Sleep(3 * time.Second)
	_, err = user.Put(ctx, "foo", "4")
	must(err)
	// The revision of users moves on under the client.
	_, err = root.RoleAdd(ctx, "another")
	must(err)
	_, err = user.Get(ctx, "foo")
	must(err)
	fmt.Println("clientv3 of Go: put, get, txn, watch, lease, refusals, a token that ran out")
}
