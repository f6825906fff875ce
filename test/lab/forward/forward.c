// Lets the host reach one TCP port inside a network namespace without any address, route or interface on the host:
// a socket stays in the namespace in which it was made, so the listener is made on the host's loopback first and
// everything after setns() connects from inside.
//
//   forward NAMESPACE_FILE ADDRESS PORT     prints the chosen local port, then serves until killed
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in target;

static void die(const char *what) {
  perror(what);
  exit(1);
}

// The peer sees a reset, as it would have from the server itself.
static void reset(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static int write_all(int fd, const char *bytes, ssize_t length) {
  while (length > 0) {
    ssize_t written = send(fd, bytes, (size_t)length, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes += written;
    length -= written;
  }
  return 0;
}

// Moves what is readable from one side to the other. Returns 1 while open, 0 at the end of the stream, -1 on a reset.
static int move(int from, int to) {
  char buffer[65536];
  ssize_t got = recv(from, buffer, sizeof buffer, 0);
  if (got < 0) return errno == EINTR ? 1 : -1;
  if (got == 0) return shutdown(to, SHUT_WR), 0;
  return write_all(to, buffer, got) < 0 ? -1 : 1;
}

static void *serve(void *argument) {
  int sides[2] = {(int)(intptr_t)argument, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int on = 1, state = sides[1] < 0 ? -1 : 1;
  if (state == 1 && connect(sides[1], (struct sockaddr *)&target, sizeof target) < 0) state = -1;
  struct pollfd polled[2] = {{.fd = sides[0], .events = POLLIN}, {.fd = sides[1], .events = POLLIN}};
  for (int i = 0; i < 2; i++) setsockopt(sides[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int open = state == 1 ? 2 : 0;
  while (open > 0) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) break;
    for (int i = 0; i < 2; i++) {
      if (polled[i].fd < 0 || !(polled[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
      state = move(sides[i], sides[1 - i]);
      if (state == 0) polled[i].fd = -1, open--;
      if (state < 0) open = 0;
    }
  }
  for (int i = 0; i < 2; i++) {
    if (sides[i] < 0) continue;
    if (state < 0) reset(sides[i]);
    close(sides[i]);
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: forward NAMESPACE_FILE ADDRESS PORT\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof local;
  if (listener < 0 || bind(listener, (struct sockaddr *)&local, sizeof local) || listen(listener, 512) ||
      getsockname(listener, (struct sockaddr *)&local, &length))
    die("listen");
  int namespace = open(arguments[1], O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET)) die(arguments[1]);
  target.sin_family = AF_INET;
  target.sin_port = htons((uint16_t)atoi(arguments[3]));
  if (inet_pton(AF_INET, arguments[2], &target.sin_addr) != 1) die(arguments[2]);
  printf("%d\n", ntohs(local.sin_port));
  fflush(stdout);
  for (;;) {
    int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    pthread_t thread;
    if (accepted < 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)accepted)) close(accepted);
    else pthread_detach(thread);
  }
}
