"""Programs that believe in another time: their clock stands still where a test puts it."""
import datetime
import subprocess

# Only the wall clock: time-outs go on as ever.
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real) real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const char* fake = getenv("FAKE_NOW");
  if (clock != CLOCK_REALTIME || !fake) return real(clock, now);
  now->tv_sec = atol(fake);
  now->tv_nsec = 0;
  return 0;
}
"""


class FakeClock:
    def __init__(self, folder):
        source, self.library = folder / "clock.c", folder / "clock.so"
        source.write_text(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True, timeout=60)

    def at(self, time):
        """The environment of a program for which it is `time`, such as "2026-03-01T12:00:00Z"."""
        seconds = datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
        # The sanitizer's library is not the first one then, which is all right for what this one does.
        return {"LD_PRELOAD": str(self.library), "FAKE_NOW": str(int(seconds)), "ASAN_OPTIONS": "verify_asan_link_order=0"}
