// What the lab's test pods serve: the same few lines over HTTP (PORT, default 8080) and over UDP (same port),
// naming the pod, its node and the peer as the pod sees it. Dual-stack.
//
//   GET /        pod NAME / node NAME / client ADDRESS:PORT
//   GET /ready   200, or 503 while the file /tmp/not-ready exists
//
// SIGTERM ends it at once, or after DRAIN_MS milliseconds during which it still serves. With LISTEN_MS it takes no new
// connection after that part of them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static char host[256];
static int listener;

static void die(const char *what) {
  perror(what);
  exit(1);
}

// An IPv4 peer of a dual-stack socket appears as ::ffff:a.b.c.d; it is shown as the a.b.c.d that it is.
static int describe(const struct sockaddr_in6 *peer, char *text, size_t size) {
  char address[INET6_ADDRSTRLEN] = "?";
  const char *node = getenv("NODE_NAME");
  const int v4 = IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr);
  if (v4) inet_ntop(AF_INET, peer->sin6_addr.s6_addr + 12, address, sizeof address);
  else inet_ntop(AF_INET6, &peer->sin6_addr, address, sizeof address);
  return snprintf(text, size, "pod %s\nnode %s\nclient %s%s%s:%d\n", host, node ? node : "-", v4 ? "" : "[", address,
                  v4 ? "" : "]", ntohs(peer->sin6_port));
}

static int send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    bytes += sent;
    length -= (size_t)sent;
  }
  return 0;
}

static int answer(int fd, const char *path, const struct sockaddr_in6 *peer, int keep_open) {
  char body[512] = "", head[256];
  const char *status = "200 OK";
  int length = 0;
  if (!strcmp(path, "/")) length = describe(peer, body, sizeof body);
  else if (strcmp(path, "/ready")) status = "404 Not Found";
  else if (access("/tmp/not-ready", F_OK) == 0) status = "503 Service Unavailable";
  int head_length = snprintf(head, sizeof head,
                             "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n",
                             status, length, keep_open ? "keep-alive" : "close");
  return send_all(fd, head, (size_t)head_length) || send_all(fd, body, (size_t)length);
}

struct connection {
  int fd;
  struct sockaddr_in6 peer;
};

static void *serve_connection(void *argument) {
  struct connection connection = *(struct connection *)argument;
  char request[8192];
  size_t held = 0;
  free(argument);
  for (;;) {
    ssize_t got = recv(connection.fd, request + held, sizeof request - 1 - held, 0);
    if (got <= 0) break;
    held += (size_t)got;
    request[held] = 0;
    const char *end = strstr(request, "\r\n\r\n");
    if (!end && held < sizeof request - 1) continue;
    char method[16], path[256], version[16];
    if (!end || sscanf(request, "%15s %255s %15s", method, path, version) != 3) break;
    int keep_open = !strcmp(version, "HTTP/1.1") && !strcasestr(request, "\r\nConnection: close");
    if (answer(connection.fd, path, &connection.peer, keep_open) || !keep_open) break;
    held = 0;
  }
  close(connection.fd);
  return NULL;
}

static void *serve_datagrams(void *argument) {
  const int fd = (int)(intptr_t)argument;
  for (;;) {
    struct sockaddr_in6 peer;
    socklen_t length = sizeof peer;
    char received[2048], text[512];
    if (recvfrom(fd, received, sizeof received, 0, (struct sockaddr *)&peer, &length) < 0) continue;
    int size = describe(&peer, text, sizeof text);
    sendto(fd, text, (size_t)size, 0, (struct sockaddr *)&peer, length);
  }
  return NULL;
}

static int open_socket(int type, uint16_t port) {
  int off = 0, on = 1, fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any, .sin6_port = htons(port)};
  if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) || bind(fd, (struct sockaddr *)&any, sizeof any))
    die("bind");
  return fd;
}

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

static void *wait_for_stop(void *argument) {
  const int drain = number("DRAIN_MS", 0), listening = number("LISTEN_MS", drain);
  int received;
  sigwait(argument, &received);
  usleep((useconds_t)listening * 1000);
  if (listening < drain) {
    shutdown(listener, SHUT_RDWR);
    usleep((useconds_t)(drain - listening) * 1000);
  }
  _exit(0);
}

int main(void) {
  static sigset_t stop;
  const uint16_t port = (uint16_t)number("PORT", 8080);
  pthread_t thread;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, NULL);
  gethostname(host, sizeof host - 1);
  const int datagrams = open_socket(SOCK_DGRAM, port);
  listener = open_socket(SOCK_STREAM, port);
  if (listen(listener, 512)) die("listen");
  if (pthread_create(&thread, NULL, wait_for_stop, &stop) ||
      pthread_create(&thread, NULL, serve_datagrams, (void *)(intptr_t)datagrams))
    die("thread");
  for (;;) {
    struct connection *connection = malloc(sizeof *connection);
    socklen_t length = sizeof connection->peer;
    if (!connection) die("memory");
    connection->fd = accept4(listener, (struct sockaddr *)&connection->peer, &length, SOCK_CLOEXEC);
    if (connection->fd < 0 && errno == EINVAL) for (;;) pause();  // no longer listening
    if (connection->fd < 0 || pthread_create(&thread, NULL, serve_connection, connection)) free(connection);
    else pthread_detach(thread);
  }
}
