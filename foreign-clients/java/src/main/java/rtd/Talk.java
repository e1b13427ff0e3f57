package rtd;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.springframework.messaging.converter.MappingJackson2MessageConverter;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompFrameHandler;
import org.springframework.messaging.simp.stomp.StompHeaders;
import org.springframework.messaging.simp.stomp.StompSession;
import org.springframework.messaging.simp.stomp.StompSessionHandlerAdapter;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.client.WebSocketClient;
import org.springframework.web.socket.client.standard.StandardWebSocketClient;
import org.springframework.web.socket.messaging.WebSocketStompClient;
import org.springframework.web.socket.sockjs.client.RestTemplateXhrTransport;
import org.springframework.web.socket.sockjs.client.SockJsClient;
import org.springframework.web.socket.sockjs.client.WebSocketTransport;

/**
 * Spring's STOMP client against a server: {@code Talk HOST:PORT}, over WebSocket, over SockJS's WebSocket and over SockJS's
 * xhr-streaming. Prints {@code ok NAME} or {@code not ok NAME: WHY} a check.
 */
public final class Talk {
  private static final int WAIT_SECONDS = 20;

  /** The server beats every 10 s; both sides give up on a partner who is silent for 15 to 20 s. */
  private static final int BEAT_SECONDS = 25;

  private interface Check {
    void run(Way way) throws Exception;
  }

  /** One way to the server. */
  private record Way(String name, WebSocketClient client, String url) {
    /** The ways run side by side: each has people of its own. */
    String user(String role) {
      return "spring-" + role + "-" + name.replace(' ', '-');
    }
  }

  private record Received(StompHeaders headers, JsonNode body) {}

  private static final class Connection extends StompSessionHandlerAdapter {
    private final BlockingQueue<StompHeaders> errors = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> broken = new LinkedBlockingQueue<>();
    private final CompletableFuture<StompHeaders> connected = new CompletableFuture<>();
    private StompSession session;

    @Override
    public void afterConnected(StompSession session, StompHeaders headers) {
      connected.complete(headers);
    }

    @Override
    public Type getPayloadType(StompHeaders headers) {
      return byte[].class;
    }

    @Override
    public void handleFrame(StompHeaders headers, Object payload) {
      errors.add(headers);
    }

    @Override
    public void handleException(
        StompSession session, StompCommand command, StompHeaders headers, byte[] payload, Throwable error) {
      // An ERROR whose body is text comes this way: the JSON converter has no use for it.
      if (command == StompCommand.ERROR) errors.add(headers);
      else broken.add(error);
    }

    @Override
    public void handleTransportError(StompSession session, Throwable error) {
      broken.add(error);
    }

    BlockingQueue<Received> subscribe(String destination, String ack) throws Exception {
      BlockingQueue<Received> received = new LinkedBlockingQueue<>();
      StompHeaders headers = new StompHeaders();
      headers.setDestination(destination);
      headers.setAck(ack);
      StompSession.Subscription subscription =
          session.subscribe(
              headers,
              new StompFrameHandler() {
                @Override
                public Type getPayloadType(StompHeaders ignored) {
                  return JsonNode.class;
                }

                @Override
                public void handleFrame(StompHeaders frame, Object payload) {
                  received.add(new Received(frame, (JsonNode) payload));
                }
              });
      await(subscription);
      return received;
    }

    void send(String destination, Map<String, String> body) throws Exception {
      await(session.send(destination, body));
    }

    private void await(StompSession.Receiptable receiptable) throws Exception {
      CompletableFuture<Void> done = new CompletableFuture<>();
      receiptable.addReceiptTask(() -> done.complete(null));
      receiptable.addReceiptLostTask(() -> done.completeExceptionally(new IllegalStateException("no RECEIPT")));
      done.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static final ThreadPoolTaskScheduler SCHEDULER = new ThreadPoolTaskScheduler();

  private static Connection connect(Way way, String user, long beatMillis) throws Exception {
    WebSocketStompClient client = new WebSocketStompClient(way.client());
    client.setMessageConverter(new MappingJackson2MessageConverter());
    client.setTaskScheduler(SCHEDULER);
    client.setDefaultHeartbeat(new long[] {beatMillis, beatMillis});
    StompHeaders headers = new StompHeaders();
    headers.add("X-User-Id", user);
    Connection connection = new Connection();
    connection.session =
        client
            .connectAsync(way.url(), new WebSocketHttpHeaders(), headers, connection)
            .get(WAIT_SECONDS, TimeUnit.SECONDS);
    connection.session.setAutoReceipt(true);
    return connection;
  }

  private static Received until(BlockingQueue<Received> from, Predicate<JsonNode> wanted) throws Exception {
    while (true) {
      Received next = from.poll(WAIT_SECONDS, TimeUnit.SECONDS);
      if (next == null) throw new IllegalStateException("nothing came for " + WAIT_SECONDS + " s");
      if (wanted.test(next.body())) return next;
    }
  }

  private static void require(boolean holds, Object evidence) {
    if (!holds) throw new IllegalStateException(String.valueOf(evidence));
  }

  private static void tellsItsName(Way way) throws Exception {
    Connection connection = connect(way, way.user("name"), 10_000);
    StompHeaders headers = connection.connected.get(WAIT_SECONDS, TimeUnit.SECONDS);
    require(way.user("name").equals(headers.getFirst("user-name")), headers);
    connection.session.disconnect();
  }

  private static void talksInTheRoom(Way way) throws Exception {
    Connection connection = connect(way, way.user("talks"), 10_000);
    BlockingQueue<Received> room = connection.subscribe("/topic/messages", "auto");
    String text = "Grüße 🌱 " + UUID.randomUUID();
    connection.send("/app/chat", Map.of("content", text));
    Received got = until(room, body -> body.path("content").asText().equals(text));
    require(got.body().path("senderId").asText().equals(way.user("talks")), got);
    connection.session.disconnect();
  }

  private static void acksADirectMessage(Way way) throws Exception {
    Connection sender = connect(way, way.user("sender"), 10_000);
    BlockingQueue<Received> confirmations = sender.subscribe("/user/queue/confirmations", "auto");
    Connection reader = connect(way, way.user("reader"), 10_000);
    BlockingQueue<Received> inbox = reader.subscribe("/user/queue/messages", "client-individual");
    String mine = UUID.randomUUID().toString();
    sender.send("/app/chat.send", Map.of("recipientId", way.user("reader"), "content", "psst", "clientMessageId", mine));
    Received got = until(inbox, body -> body.path("clientMessageId").asText().equals(mine));
    reader.session.acknowledge(got.headers().getAck(), true);
    until(
        confirmations,
        body -> body.path("clientMessageId").asText().equals(mine) && body.path("status").asText().equals("DELIVERED"));
    sender.session.disconnect();
    reader.session.disconnect();
  }

  private static void keepsItsHeartBeating(Way way) throws Exception {
    Connection connection = connect(way, way.user("beats"), 1_000);
    Throwable broken = connection.broken.poll(BEAT_SECONDS, TimeUnit.SECONDS);
    require(broken == null && connection.session.isConnected(), broken);
    connection.session.disconnect();
  }

  private static void hearsWhyItIsRefused(Way way) throws Exception {
    Connection connection = connect(way, way.user("nosy"), 10_000);
    connection.session.setAutoReceipt(false);
    connection.session.subscribe("/user/somebody-else/queue/messages", connection);
    StompHeaders error = connection.errors.poll(WAIT_SECONDS, TimeUnit.SECONDS);
    require(error != null && error.getFirst("message") != null, error);
  }

  private static void report(Way way, String name, Check check, Set<String> failures) {
    String label = way.name() + ": " + name;
    try {
      check.run(way);
      System.out.println("ok " + label);
    } catch (Exception error) {
      failures.add(label);
      System.out.println("not ok " + label + ": " + error);
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    SCHEDULER.setDaemon(true);
    SCHEDULER.initialize();
    String host = arguments[0];
    List<Way> ways =
        List.of(
            new Way("WebSocket", new StandardWebSocketClient(), "ws://" + host + "/ws-endpoint"),
            new Way(
                "SockJS websocket",
                new SockJsClient(List.of(new WebSocketTransport(new StandardWebSocketClient()))),
                "http://" + host + "/ws-endpoint"),
            new Way(
                "SockJS xhr-streaming",
                new SockJsClient(List.of(new RestTemplateXhrTransport())),
                "http://" + host + "/ws-endpoint"));
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("tells its name", Talk::tellsItsName);
    checks.put("talks in the room", Talk::talksInTheRoom);
    checks.put("acks a direct message", Talk::acksADirectMessage);
    checks.put("keeps its heart beating", Talk::keepsItsHeartBeating);
    checks.put("hears why it is refused", Talk::hearsWhyItIsRefused);
    Set<String> failures = ConcurrentHashMap.newKeySet();
    List<Thread> running = new ArrayList<>();
    for (Way way : ways) {
      Thread thread = new Thread(() -> checks.forEach((name, check) -> report(way, name, check, failures)));
      thread.start();
      running.add(thread);
    }
    for (Thread thread : running) thread.join();
    // SockJS's HTTP transports keep threads: the report is made, so nothing is waited for.
    System.exit(failures.isEmpty() ? 0 : 1);
  }
}
