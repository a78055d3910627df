// What a supervisor and its servers say to each other, over a socket that the server is born with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// One message. A server's life in them, from the supervisor (>) and to it (<):
///   > begin         with the hand-over memory, the credentials where they come from no file, and the mount
///                   point as text
///   < prepared      it can go
///   > go            with the descriptor of /dev/fuse, and those that hold the cache's lock
///   < holds         with the descriptors that hold the cache's lock
///   < serving
///   > step_down     it is to leave what is under way to another server, and to end
///   > end           the mount is to go
///   < ended         it takes nothing any more; the mount can go, or has gone
///   < failed        `code` is its exit code, and `text` why
///   < state         how it does, in a line for people without ids
struct Message {
  enum class Kind : std::uint8_t {
    begin,
    prepared,
    go,
    holds,
    serving,
    step_down,
    end,
    ended,
    failed,
    state
  };
  /// Of begin: there has been a server before; the descriptor of /dev/fuse is also kept by somebody who will
  /// start another supervisor, so the mount stays should this one end.
  static constexpr std::uint32_t kTakeOver = 1;
  static constexpr std::uint32_t kKeptElsewhere = 2;
  /// Of begin, above these flags: how many servers there have been before.
  static constexpr unsigned kRestartsShift = 8;
  /// Of go: requests that an earlier server has taken are to fail instead of being repeated.
  static constexpr std::uint32_t kFailUnderWay = 1;

  Kind kind{};
  std::uint32_t code = 0;
  std::string text;
  std::vector<UniqueFd> descriptors;
};

/// One end of it: unix(7), SOCK_SEQPACKET. Any thread may send; one receives.
class Channel {
 public:
  /// After an upgrade another version of the program may be at the other end: whatever changes the meaning of
  /// messages, or the layout of the hand-over memory, changes this number.
  static constexpr std::uint32_t kVersion = 1;
  /// Where a server finds its end.
  static constexpr int kServersDescriptor = 3;

  /// Both ends.
  static Result<std::pair<UniqueFd, UniqueFd>> make();

  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  /// False: nobody is there any more; who waits for the other's end learns it from that too.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  bool send(Message::Kind kind, std::uint32_t code = 0, const std::string& text = {},
            std::span<const int> descriptors = {}) const;
  /// Waits. Nothing: nobody is there any more, or speaks another version.
  [[nodiscard]] std::optional<Message> receive() const;
  /// Can be read when there is a message, or nobody any more.
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  UniqueFd socket_;
};

}  // namespace mediafs
