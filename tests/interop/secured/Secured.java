import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** jetcd with TLS, a client certificate and users. Usage: Secured host:port folder */
public class Secured {
  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static void refused(CompletableFuture<?> future, String text) {
    try {
      get(future);
    } catch (Exception error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        if (String.valueOf(cause.getMessage()).contains(text)) return;
      }
      throw new AssertionError("refused otherwise", error);
    }
    throw new AssertionError("not refused: " + text);
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static Client connect(String[] args, String user, String password) throws Exception {
    File folder = new File(args[1]);
    return Client.builder()
        .endpoints("https://" + args[0])
        .user(bytes(user))
        .password(bytes(password))
        .sslContext(
            ssl ->
                ssl.trustManager(new File(folder, "ca.crt"))
                    .keyManager(new File(folder, "stranger.crt"), new File(folder, "stranger.key")))
        .build();
  }

  public static void main(String[] args) throws Exception {
    Client root = connect(args, "root", "pw");
    Client user = connect(args, "u1", "pw");
    ByteSequence foo = bytes("foo");
    get(root.getKVClient().put(bytes("secret"), bytes("s")));
    var kv = user.getKVClient();
    get(kv.put(foo, bytes("1")));
    check(get(kv.get(foo)).getKvs().get(0).getValue().toString().equals("1"), "what was put");
    refused(kv.put(bytes("bar"), bytes("1")), "permission denied");
    refused(kv.get(bytes("secret")), "permission denied");
    var equal = new Cmp(foo, Cmp.Op.EQUAL, CmpTarget.value(bytes("1")));
    var put = Op.put(foo, bytes("2"), PutOption.DEFAULT);
    check(get(kv.txn().If(equal).Then(put).commit()).isSucceeded(), "the comparison");
    refused(
        kv.txn()
            .Then(Op.get(foo, GetOption.DEFAULT))
            .Else(Op.delete(bytes("bar"), DeleteOption.DEFAULT))
            .commit(),
        "permission denied");
    var seen = new CompletableFuture<String>();
    try (Watch.Watcher watcher =
        user.getWatchClient()
            .watch(foo, said -> seen.complete(said.getEvents().get(0).getKeyValue().getValue().toString()))) {
      // The watch is made in the background; the put that it begins with may be any of these.
      for (int i = 0; i < 50 && !seen.isDone(); i++) {
        get(kv.put(foo, bytes("3")));
        Thread.sleep(100);
      }
      check(get(seen).equals("3"), "what the watch saw");
    }
    long lease = get(user.getLeaseClient().grant(60)).getID();
    get(kv.put(foo, bytes("leased"), PutOption.builder().withLeaseId(lease).build()));
    get(user.getLeaseClient().revoke(lease));
    check(get(kv.get(foo)).getKvs().isEmpty(), "the key of the lease");
    Client wrong = connect(args, "u1", "wrong");
    refused(wrong.getKVClient().get(foo), "authentication failed");
    // Longer than a token lives.
    Thread.sleep(3000);
    get(kv.put(foo, bytes("4")));
    for (Client client : new Client[] {root, user, wrong}) client.close();
    System.out.println("jetcd of Maven: put, get, txn, watch, lease, refusals, a token that ran out");
    System.exit(0);
  }
}
