// SPDX-License-Identifier: Apache-2.0
// Streams, events and graphs: ordered work, delayed work with a host that reads too early, capture and
// replay.
#include <catch2/catch.hpp>

#include <cuda_runtime.h>

#include <cstdlib>

namespace kernel {

__global__ void add(int* x, int amount) { *x += amount; }

}  // namespace kernel

namespace {

cudaError_t add(cudaStream_t stream, int* x, int amount) {
    cudaLaunchConfig_t config{};
    config.gridDim = config.blockDim = dim3(1);
    config.stream = stream;
    return cudaLaunchKernelEx(&config, kernel::add, x, amount);
}

/// A stream, a number on the device and a pinned one on the host.
struct Numbers {
    Numbers() {
        REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
        REQUIRE(cudaMalloc(&device, sizeof(int)) == cudaSuccess);
        REQUIRE(cudaMallocHost(&pinned, sizeof(int)) == cudaSuccess);
        REQUIRE(cudaMemset(device, 0, sizeof(int)) == cudaSuccess);
        *pinned = -1;
    }
    Numbers(const Numbers&) = delete;
    ~Numbers() {
        static_cast<void>(cudaStreamDestroy(stream));
        static_cast<void>(cudaFree(device));
        static_cast<void>(cudaFreeHost(pinned));
    }
    cudaError_t download() {
        return cudaMemcpyAsync(pinned, device, sizeof(int), cudaMemcpyDeviceToHost, stream);
    }
    cudaStream_t stream = nullptr;
    int *device = nullptr, *pinned = nullptr;
};

/// While it lives, work runs as late as the device may run it.
struct Late {
    Late() { REQUIRE(setenv("COCO_EMULATE_LAZY", "1", 1) == 0); }
    Late(const Late&) = delete;
    ~Late() { static_cast<void>(unsetenv("COCO_EMULATE_LAZY")); }
};

}  // namespace

TEST_CASE("emulator: a host that reads before it waits reads old values", "[emulator]") {
    const Late late;
    Numbers x;
    REQUIRE(add(x.stream, x.device, 5) == cudaSuccess);
    REQUIRE(x.download() == cudaSuccess);
    CHECK(*x.pinned == -1);
    REQUIRE(cudaStreamSynchronize(x.stream) == cudaSuccess);
    CHECK(*x.pinned == 5);

    SECTION("an event is waited for up to its place") {
        cudaEvent_t event = nullptr;
        REQUIRE(cudaEventCreateWithFlags(&event, cudaEventDisableTiming) == cudaSuccess);
        REQUIRE(add(x.stream, x.device, 1) == cudaSuccess);
        REQUIRE(x.download() == cudaSuccess);
        REQUIRE(cudaEventRecord(event, x.stream) == cudaSuccess);
        REQUIRE(add(x.stream, x.device, 1) == cudaSuccess);
        REQUIRE(x.download() == cudaSuccess);
        REQUIRE(cudaEventQuery(event) == cudaErrorNotReady);
        REQUIRE(cudaEventSynchronize(event) == cudaSuccess);
        CHECK(*x.pinned == 6);
        REQUIRE(cudaEventDestroy(event) == cudaSuccess);
    }
    SECTION("another stream waits by an event, or not at all") {
        Numbers y;
        cudaEvent_t event = nullptr;
        REQUIRE(cudaEventCreateWithFlags(&event, cudaEventDisableTiming) == cudaSuccess);
        REQUIRE(add(x.stream, x.device, 2) == cudaSuccess);
        REQUIRE(cudaEventRecord(event, x.stream) == cudaSuccess);
        REQUIRE(cudaMemcpyAsync(y.pinned, x.device, sizeof(int), cudaMemcpyDeviceToHost, y.stream) ==
                cudaSuccess);
        REQUIRE(cudaStreamSynchronize(y.stream) == cudaSuccess);
        CHECK(*y.pinned == 5);
        REQUIRE(cudaStreamWaitEvent(y.stream, event) == cudaSuccess);
        REQUIRE(cudaMemcpyAsync(y.pinned, x.device, sizeof(int), cudaMemcpyDeviceToHost, y.stream) ==
                cudaSuccess);
        REQUIRE(cudaStreamSynchronize(y.stream) == cudaSuccess);
        CHECK(*y.pinned == 7);
        REQUIRE(cudaEventDestroy(event) == cudaSuccess);
    }
    SECTION("pinned memory is read when the copy's turn comes, other memory at once") {
        *x.pinned = 20;
        int local = 20;
        REQUIRE(cudaMemcpyAsync(x.device, x.pinned, sizeof(int), cudaMemcpyHostToDevice, x.stream) ==
                cudaSuccess);
        *x.pinned = 30;
        REQUIRE(x.download() == cudaSuccess);
        REQUIRE(cudaStreamSynchronize(x.stream) == cudaSuccess);
        CHECK(*x.pinned == 30);
        REQUIRE(cudaMemcpyAsync(x.device, &local, sizeof(int), cudaMemcpyHostToDevice, x.stream) ==
                cudaSuccess);
        local = 30;
        REQUIRE(x.download() == cudaSuccess);
        REQUIRE(cudaStreamSynchronize(x.stream) == cudaSuccess);
        CHECK(*x.pinned == 20);
    }
}

TEST_CASE("emulator: a captured stream is replayed", "[emulator]") {
    Numbers x;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    REQUIRE(cudaStreamBeginCapture(x.stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
    REQUIRE(add(x.stream, x.device, 3) == cudaSuccess);
    REQUIRE(x.download() == cudaSuccess);
    REQUIRE(cudaStreamEndCapture(x.stream, &graph) == cudaSuccess);
    CHECK(*x.pinned == -1);
    std::size_t nodes = 0;
    REQUIRE(cudaGraphGetNodes(graph, nullptr, &nodes) == cudaSuccess);
    CHECK(nodes == 2);
    REQUIRE(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess);
    for (int i = 1; i <= 3; ++i) {
        REQUIRE(cudaGraphLaunch(executable, x.stream) == cudaSuccess);
        REQUIRE(cudaStreamSynchronize(x.stream) == cudaSuccess);
        CHECK(*x.pinned == 3 * i);
    }
    REQUIRE(cudaGraphExecDestroy(executable) == cudaSuccess);
    REQUIRE(cudaGraphDestroy(graph) == cudaSuccess);
}

TEST_CASE("emulator: a call that no graph can contain invalidates the capture", "[emulator]") {
    Numbers x;
    cudaGraph_t graph = nullptr;
    const auto spoil = [&](const auto& call) {
        REQUIRE(cudaStreamBeginCapture(x.stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
        CHECK(call() == cudaErrorStreamCaptureUnsupported);
        CHECK(cudaStreamEndCapture(x.stream, &graph) == cudaErrorStreamCaptureInvalidated);
        CHECK(graph == nullptr);
    };
    spoil([&] { return cudaStreamSynchronize(x.stream); });
    void* memory = nullptr;
    spoil([&] { return cudaMallocAsync(&memory, 4, x.stream); });
    int local = 0;
    spoil([&] { return cudaMemcpyAsync(&local, x.device, sizeof local, cudaMemcpyDeviceToHost, x.stream); });
    CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal) ==
          cudaErrorStreamCaptureUnsupported);
    static_cast<void>(cudaGetLastError());
}

TEST_CASE("emulator: streams belong to devices", "[emulator]") {
    int devices = 0;
    REQUIRE(cudaGetDeviceCount(&devices) == cudaSuccess);
    Numbers x;
    if (devices > 1) {
        REQUIRE(cudaSetDevice(1) == cudaSuccess);
        CHECK(add(x.stream, x.device, 1) == cudaErrorInvalidResourceHandle);
        REQUIRE(cudaSetDevice(0) == cudaSuccess);
    }
    CHECK(cudaSetDevice(devices) == cudaErrorInvalidDevice);
    cudaStream_t gone = nullptr;
    REQUIRE(cudaStreamCreate(&gone) == cudaSuccess);
    REQUIRE(cudaStreamDestroy(gone) == cudaSuccess);
    CHECK(add(gone, x.device, 1) == cudaErrorInvalidResourceHandle);
    static_cast<void>(cudaGetLastError());
}
