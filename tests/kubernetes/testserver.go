// Package testserver takes the place of Kubernetes' package of this name: its storage tests ask it for
// an etcd, and get the program that NODETCD_BIN names. See run.sh.
package testserver

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"go.etcd.io/etcd/server/v3/embed"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
)

const startLimit = 30 * time.Second

func freeURL(t testing.TB) url.URL {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return url.URL{Scheme: "http", Host: listener.Addr().String()}
}

// NewTestConfig is what tests change before they start a server: limits, quota and intervals.
func NewTestConfig(t testing.TB) *embed.Config {
	config := embed.NewConfig()
	config.Dir = t.TempDir()
	config.UnsafeNoFsync = true
	clients, peers := []url.URL{freeURL(t)}, []url.URL{freeURL(t)}
	config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
	config.ListenPeerUrls, config.AdvertisePeerUrls = peers, peers
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config
}

func flags(config *embed.Config) []string {
	client, peer := config.ListenClientUrls[0].String(), config.ListenPeerUrls[0].String()
	given := []string{
		"--data-dir", config.Dir, "--unsafe-no-fsync", "--log-level", "error",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
		"--initial-cluster", config.InitialCluster,
		"--max-txn-ops", fmt.Sprint(config.MaxTxnOps),
		"--max-request-bytes", fmt.Sprint(config.MaxRequestBytes),
		"--quota-backend-bytes", fmt.Sprint(config.QuotaBackendBytes),
	}
	if config.WatchProgressNotifyInterval > 0 {
		given = append(given, "--watch-progress-notify-interval", config.WatchProgressNotifyInterval.String())
	}
	return given
}

func waitUntilReady(t testing.TB, endpoint string) {
	for end := time.Now().Add(startLimit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(endpoint + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatalf("%s was not ready within %s", endpoint, startLimit)
}

// RunEtcd starts a server that ends with the test, and returns a client of it.
func RunEtcd(t testing.TB, config *embed.Config) *kubernetes.Client {
	t.Helper()
	if config == nil {
		config = NewTestConfig(t)
	}
	server := exec.Command(os.Getenv("NODETCD_BIN"), flags(config)...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
	})
	endpoint := config.ListenClientUrls[0].String()
	waitUntilReady(t, endpoint)

	client, err := kubernetes.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: startLimit})
	if err != nil {
		t.Fatal(err)
	}
	// The tests count requests by these.
	recorder := storagetesting.NewKubernetesRecorder(client.Kubernetes)
	client.KV, client.Kubernetes = storagetesting.NewKVRecorder(client.KV, recorder), recorder
	return client
}
