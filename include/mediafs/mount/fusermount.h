// Taking a mount away: as root by umount2(2), as anybody else by fusermount3(1).
#pragma once

#include <functional>
#include <string>

namespace mediafs {

/// What in_child() gives where no process can be made.
inline constexpr int kNoChild = -2;

/// Runs `body` in a child and gives its exit status; -1 where it takes more than two seconds (it is then
/// killed, and left to the kernel if even that does not end it). Before there are threads, `body` may do
/// anything; later only what signal-safety(7) allows.
int in_child(const std::function<int()>& body);

/// For such a child: what it writes there is lost.
void silence(int fd);

/// fusermount3's exit status; 127: there is none.
int run_fusermount(const char* flags, const std::string& mountpoint);

/// Takes the mount out of the table also while it is in use.
bool detach(const std::string& mountpoint);

}  // namespace mediafs
