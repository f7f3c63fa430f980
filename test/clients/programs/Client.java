import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Java's two clients: java.net.http.HttpClient with a ProxySelector, and HttpURLConnection with the system properties http.proxyHost and so on, which its caller sets.
 *
 * usage: Client AUTHORITY FOLDER HOST UPLOAD FILE [PROXY-HOST PROXY-PORT]: by http and by https, with each of them, fetches big, text.txt and small from HOST, and uploads
 * FILE with its length and in chunks to paths that begin with UPLOAD.
 */
public final class Client {
  private static final List<String> NAMES = List.of("big", "text.txt", "small");

  public static void main(String[] args) throws Exception {
    trust(Path.of(args[0]));
    Path folder = Path.of(args[1]);
    Path file = Path.of(args[4]);
    HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30));
    if (args.length > 5) builder.proxy(ProxySelector.of(new InetSocketAddress(args[5], Integer.parseInt(args[6]))));
    HttpClient client = builder.build();
    for (String scheme : List.of("http", "https")) {
      String url = scheme + "://" + args[2] + "/";
      String upload = url + args[3] + "-" + scheme;
      Path target = Files.createDirectory(folder.resolve(scheme));
      useHttpClient(client, target, url, upload, file);
      useHttpUrlConnection(target, url, upload, file);
    }
  }

  private static void useHttpClient(HttpClient client, Path folder, String url, String upload, Path file) throws Exception {
    for (String name : NAMES) {
      expect(200, client.send(get(url + name), BodyHandlers.ofFile(folder.resolve(name))));
    }
    List<CompletableFuture<HttpResponse<Path>>> all = new ArrayList<>();
    for (int index = 0; index < 9; index += 1) {
      all.add(client.sendAsync(get(url + NAMES.get(index % 3)), BodyHandlers.ofFile(folder.resolve("at-once-" + index))));
    }
    for (CompletableFuture<HttpResponse<Path>> one : all) expect(200, one.get());
    expect(201, client.send(put(upload, BodyPublishers.ofFile(file)), BodyHandlers.discarding()));
    // A publisher that does not say how much will come.
    BodyPublisher stream = BodyPublishers.ofInputStream(() -> open(file));
    expect(201, client.send(put(upload + "-chunked", stream), BodyHandlers.discarding()));
  }

  private static void useHttpUrlConnection(Path folder, String url, String upload, Path file) throws Exception {
    for (String name : NAMES) {
      HttpURLConnection connection = connect(url + name);
      try (InputStream in = connection.getInputStream()) {
        Files.copy(in, folder.resolve("old-" + name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    HttpURLConnection connection = connect(upload + "-old");
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setChunkedStreamingMode(64 * 1024);
    try (OutputStream out = connection.getOutputStream()) {
      Files.copy(file, out);
    }
    if (connection.getResponseCode() != 201) throw new IllegalStateException(upload + "-old: " + connection.getResponseCode());
  }

  private static HttpURLConnection connect(String url) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
    connection.setReadTimeout(30_000);
    return connection;
  }

  private static HttpRequest get(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build();
  }

  private static HttpRequest put(String url, BodyPublisher body) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).PUT(body).build();
  }

  private static void expect(int status, HttpResponse<?> response) {
    if (response.statusCode() != status) throw new IllegalStateException(response.toString());
  }

  private static InputStream open(Path file) {
    try {
      return Files.newInputStream(file);
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }

  /** Makes the certificates of a PEM file the only ones that this process trusts. */
  private static void trust(Path authority) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (InputStream in = Files.newInputStream(authority)) {
      store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }
}
