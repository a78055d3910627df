#include "cli/mount_report.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>

#include "cli/status_command.h"

namespace mediafs {
namespace {

using testing::HasSubstr;
using testing::Not;

MountReport full_report() {
  MountReport report{.url = "https://h/api",
                     .mountpoint = "/srv/media",
                     .version = "1.2.3",
                     .commit = "abcdef012345",
                     .pid = 4711,
                     .now = 1'000'100,
                     .since = 1'000'000,
                     .restarts = 3,
                     .open_files = 2,
                     .erased = 5,
                     .cache = Cache::Stats{.limit = 10_GiB,
                                           .used = 1_GiB,
                                           .media = 7,
                                           .hits = 30,
                                           .misses = 10,
                                           .evictions = 4,
                                           .oldest = std::chrono::seconds(7'200)}};
  report.api.state = ApiStats::State::down;
  report.api.since = 1'000'090;
  report.api.last_success = 1'000'080;
  report.api.last_error = "HTTP 503";
  report.api.last_error_at = 1'000'095;
  report.api.requests = {{{Endpoint::media, "200"}, 12}, {{Endpoint::session_media, "unreachable"}, 1}};
  report.api.durations[Endpoint::media].counts[3] = 11;
  report.api.durations[Endpoint::media].counts.back() = 1;
  report.api.durations[Endpoint::media].sum = 31.5;
  report.api.received_bytes = 123'456;
  report.api.held_back = 6;
  report.api.silent_for = Duration(7'500);
  report.api.rate = 2.5;
  report.mount.durations["read"].counts[0] = 9;
  report.mount.errors = {{EIO, 2}, {ESTALE, 1}};
  report.transfers = {{.id = *MediaId::parse("media-of-somebody-1"),
                       .size = 40'000'000,
                       .here = 10'000'000,
                       .bytes_per_second = 3'000'000,
                       .open = 1}};
  return report;
}

TEST(Metrics, HaveEachFigureUnderItsName) {
  const std::string text = metrics_of(full_report());
  for (const char* line :
       {"mediafs_build_info{version=\"1.2.3\",commit=\"abcdef012345\"} 1\n",
        "mediafs_server_restarts_total 3\n",
        "mediafs_api_up 0\n",
        "mediafs_api_state{state=\"down\"} 1\n",
        "mediafs_api_state{state=\"up\"} 0\n",
        "mediafs_api_silent_seconds 7.5\n",
        "mediafs_api_last_success_timestamp_seconds 1000080\n",
        "mediafs_api_requests_total{endpoint=\"media\",code=\"200\"} 12\n",
        "mediafs_api_requests_total{endpoint=\"session_media\",code=\"unreachable\"} 1\n",
        "mediafs_api_request_duration_seconds_count{endpoint=\"media\"} 12\n",
        "mediafs_api_request_duration_seconds_sum{endpoint=\"media\"} 31.5\n",
        "mediafs_api_request_duration_seconds_bucket{endpoint=\"media\",le=\"0.001\"} 11\n",
        "mediafs_api_request_duration_seconds_bucket{endpoint=\"media\",le=\"30\"} 11\n",
        "mediafs_api_request_duration_seconds_bucket{endpoint=\"media\",le=\"+Inf\"} 12\n",
        "mediafs_received_bytes_total 123456\n",
        "mediafs_api_requests_held_back 6\n",
        "mediafs_api_requests_per_second_limit 2.5\n",
        "mediafs_fuse_request_duration_seconds_count{op=\"read\"} 9\n",
        "mediafs_fuse_errors_total{errno=\"EIO\"} 2\n",
        "mediafs_fuse_errors_total{errno=\"ESTALE\"} 1\n",
        "mediafs_cache_bytes 1073741824\n",
        "mediafs_cache_reads_total{result=\"hit\"} 30\n",
        "mediafs_cache_reads_total{result=\"miss\"} 10\n",
        "mediafs_cache_evictions_total 4\n",
        "mediafs_open_files 2\n",
        "mediafs_downloads_active 1\n",
        "mediafs_erased_total 5\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Metrics, HaveNoId) {
  EXPECT_THAT(metrics_of(full_report()), Not(HasSubstr("somebody")));
  EXPECT_THAT(summary_of(full_report()), Not(HasSubstr("somebody")));
}

TEST(Metrics, AreWhatPrometheusTakes) {
  if (std::system("promtool --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no promtool";  // NOLINT
  for (const MountReport& report : {full_report(), MountReport{}}) {
    std::FILE* const promtool = ::popen("promtool check metrics >&2", "w");  // NOLINT
    ASSERT_NE(promtool, nullptr);
    std::fputs(metrics_of(report).c_str(), promtool);
    EXPECT_EQ(WEXITSTATUS(::pclose(promtool)), 0);
  }
}

TEST(MountReportTest, IsShownToPeople) {
  const std::string text = status_text(json_of(full_report()));
  for (const char* part :
       {"/srv/media\n", "https://h/api", "1.2.3 (commit abcdef012345), process 4711", "(100 s), 3 before it",
        "API         down since", "(10 s), silent for 7 s, 6 requests held back", "2.5 requests a second",
        "last good answer", "last error", "(5 s): HTTP 503",
        "cache       1.0 GiB of 10.0 GiB, 7 media, 75 % of 40 reads from it, oldest 2.0 h", "open files  2",
        "under way   1", "media-of-somebody-1   25 %  9.5 MiB of 38.1 MiB  2.9 MiB/s  1 reader\n"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(MountReportTest, OfNothingIsShownToo) {
  const std::string text = status_text(json_of(MountReport{}));
  EXPECT_THAT(text, HasSubstr("API         unknown"));
  EXPECT_THAT(text, HasSubstr("cache       none"));
  EXPECT_THAT(text, Not(HasSubstr("last")));
}

TEST(MountReportTest, WhatAnotherVersionSaysIsShownAsFarAsItIsUnderstood) {
  EXPECT_THAT(status_text("no json"), HasSubstr("another version"));
  EXPECT_THAT(status_text("[1]"), HasSubstr("another version"));
  EXPECT_THAT(status_text(R"({"mountpoint": "/m", "api": {"state": 7}, "new": 1})"), HasSubstr("/m\n"));
  EXPECT_THAT(status_text(R"({"mountpoint": 1, "api": [], "cache": "x", "transfers": [1]})"),
              HasSubstr("API"));
}

TEST(MountReportTest, ReadersFailWhereTheApiIsDownOrDenies) {
  const auto is_healthy = [](ApiStats::State state) {
    ApiStats api;
    api.state = state;
    return !why_not_healthy(api);
  };
  EXPECT_TRUE(is_healthy(ApiStats::State::unknown));
  EXPECT_TRUE(is_healthy(ApiStats::State::up));
  EXPECT_TRUE(is_healthy(ApiStats::State::throttled));
  EXPECT_FALSE(is_healthy(ApiStats::State::down));
  EXPECT_FALSE(is_healthy(ApiStats::State::denied));
}

}  // namespace
}  // namespace mediafs
