import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

// Threads that make work for the garbage collector and the compiler, a TLS
// connection to itself, and a file.
public final class Service {
  private static final int THREADS = 4;
  private static final int ROUNDS = Integer.getInteger("rounds", 200_000);
  private static final char[] PASSWORD = "change-me".toCharArray();

  public static void main(String[] arguments) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS + 1);
    List<Future<Long>> sums = new ArrayList<>();
    for (int i = 0; i < THREADS; ++i) sums.add(pool.submit(Service::churn));
    long total = 0;
    for (Future<Long> sum : sums) total += sum.get();

    SSLContext tls = tls(Path.of("/work/out/key.p12"));
    Path file = Path.of("/work/out/answer");
    try (SSLServerSocket server =
             (SSLServerSocket) tls.getServerSocketFactory().createServerSocket(0)) {
      pool.submit((Callable<Void>) () -> {
        try (SSLSocket peer = (SSLSocket) server.accept()) {
          String line = read(peer);
          new PrintWriter(peer.getOutputStream(), true).println("heard " + line);
        }
        return null;
      });
      try (SSLSocket client = (SSLSocket) tls.getSocketFactory().createSocket(
               "127.0.0.1", server.getLocalPort())) {
        new PrintWriter(client.getOutputStream(), true).println(total);
        Files.writeString(file, read(client) + " over "
                                    + client.getSession().getProtocol());
      }
    }
    pool.shutdown();
    long collections = ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    long compiling = ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    System.out.println(Files.readString(file) + ", " + collections
                       + " garbage collections, " + compiling + " ms of compiling");
  }

  // Short-lived objects, and a loop that is worth compiling.
  private static long churn() {
    long sum = 0;
    for (int i = 0; i < ROUNDS; ++i) {
      byte[] garbage = new byte[1024];
      garbage[i % garbage.length] = 1;
      for (byte b : garbage) sum += b;
    }
    System.gc();
    return sum;
  }

  private static String read(SSLSocket socket) throws Exception {
    return new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
  }

  // A key of its own, made by the JDK's keytool as a child process.
  private static SSLContext tls(Path store) throws Exception {
    String password = new String(PASSWORD);
    Process keytool = new ProcessBuilder(
        System.getProperty("java.home") + "/bin/keytool", "-genkeypair", "-keyalg", "EC",
        "-alias", "own", "-dname", "CN=localhost", "-storetype", "PKCS12", "-keystore",
        store.toString(), "-storepass", password)
        .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    if (keytool.waitFor() != 0) throw new IllegalStateException("keytool failed");
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, PASSWORD);
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }
}
