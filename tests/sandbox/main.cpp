#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "certificates.h"
#include "file_text.h"
#include "server.h"
#include "units.h"

namespace {

using mediafs::sandbox::Options;

// What the command line says beside the server's options.
struct Command {
  Options options;
  std::string rules_file;
  std::string latency = "0ms";
  std::string bandwidth = "0";
  std::string range_signature = "part";
  std::string certificates_directory;
};

void add_fault_flags(CLI::App& app, Options& options) {
  app.add_flag_callback("--no-range", [&] { options.ranges = false; }, "Ignore Range, send no Accept-Ranges");
  app.add_flag_callback(
      "--no-validators", [&] { options.validators = false; }, "Send no ETag and no Last-Modified");
  app.add_flag_callback(
      "--no-content-length", [&] { options.content_length = false; }, "Send chunked bodies without a length");
  app.add_flag_callback("--no-signatures", [&] { options.signatures = false; }, "Do not sign responses");
  app.add_flag("--sign-large", options.sign_large,
               "Sign bodies above 64 MiB too (slow at the first request)");
}

void add_options(CLI::App& app, Command& command) {
  Options& options = command.options;
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0: any free one")->capture_default_str();
  app.add_option("--api-key", options.api_key, "The one X-AUTH-CLIENT that is known")->capture_default_str();
  app.add_option("--secret", options.secrets, "An active shared secret; may be given several times")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->capture_default_str();
  app.add_option("--samples", options.samples, "Directory with a manifest.json to serve");
  app.add_option("--rules", command.rules_file, "File with fault rules");
  app.add_option("--threads", options.threads, "API requests that are answered at the same time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--rate-limit", command.options.rate_limit,
                 "Take so many requests a second, and answer others with 429; 0: no bound")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--latency", command.latency, "Wait before each response, such as 50ms")
      ->capture_default_str();
  app.add_option("--bandwidth", command.bandwidth, "Bytes per second of each response; 0: no bound")
      ->capture_default_str();
  app.add_option("--tls-cert", options.tls_certificate, "PEM certificate: serve https");
  app.add_option("--tls-key", options.tls_key, "PEM key of --tls-cert");
  app.add_option("--signature-header", options.signature_header, "Name of the response's signature header")
      ->capture_default_str();
  app.add_option("--range-signature", command.range_signature, "What a 206's signature covers")
      ->check(CLI::IsMember({"part", "whole", "none"}))
      ->capture_default_str();
  add_fault_flags(app, options);
}

Options finished_options(const Command& command) {
  using mediafs::sandbox::RangeSignature;
  const std::map<std::string, RangeSignature> kinds{
      {"part", RangeSignature::kPart}, {"whole", RangeSignature::kWhole}, {"none", RangeSignature::kNone}};
  Options options = command.options;
  const auto latency = mediafs::sandbox::parse_duration(command.latency);
  if (!latency) throw std::runtime_error("--latency: not a duration such as 50ms");
  const auto bandwidth = mediafs::sandbox::parse_size(command.bandwidth);
  if (!bandwidth) throw std::runtime_error("--bandwidth: not a size such as 10M");
  options.latency = *latency;
  options.bandwidth = *bandwidth;
  options.range_signature = kinds.at(command.range_signature);
  if (!command.rules_file.empty()) options.rules = mediafs::sandbox::read_file(command.rules_file);
  return options;
}

// A thousand connections need more descriptors than a shell gives by default.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Serves until SIGINT or SIGTERM, which are blocked in every thread so that sigwait() gets them.
void serve(const Options& options) {
  sigset_t ending{};
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  raise_descriptor_limit();
  mediafs::sandbox::Server server(options);
  fmt::print("listening {}\n", server.url());
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&ending, &signal);
}

int run(const Command& command, bool makes_certificates) {
  try {
    if (makes_certificates) {
      mediafs::sandbox::write_certificates(command.certificates_directory);
    } else {
      serve(finished_options(command));
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "mediafs-sandbox: {}\n", error.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kUsageError = 2;
  CLI::App app("A stand-in for the media API on 127.0.0.1", "mediafs-sandbox");
  Command command;
  add_options(app, command);
  CLI::App* const certificates = app.add_subcommand("make-certs", "Write test certificates and leave");
  certificates->add_option("DIR", command.certificates_directory, "An existing directory")
      ->required()
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  return run(command, certificates->parsed());
}
