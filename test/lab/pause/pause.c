// The first process of a pod's namespaces and of a lab machine's: holds them open and reaps orphans.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

static void stop(int signal_number) {
  (void)signal_number;
  _exit(0);
}

int main(void) {
  struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
  struct sigaction on_stop = {.sa_handler = stop};
  if (sigaction(SIGCHLD, &on_child, NULL) || sigaction(SIGTERM, &on_stop, NULL) ||
      sigaction(SIGINT, &on_stop, NULL))
    return 1;
  reap(0);
  for (;;) pause();
}
