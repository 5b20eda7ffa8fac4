// Runs part of a test in a child process that gives up something for good: its rights, a system call, its mounts.
#pragma once

#include <functional>

namespace lotmark::fs {

// Runs `body` in a fork; true when no expectation failed in it. What it prints appears as usual.
[[nodiscard]] bool PassesInChild(const std::function<void()>& body);

// True when this process may become another user, mount, and make devices.
bool IsRoot();

// Drops root for the user "nobody". For use inside PassesInChild. REQUIRES: IsRoot().
void BecomeNobody();

}  // namespace lotmark::fs
