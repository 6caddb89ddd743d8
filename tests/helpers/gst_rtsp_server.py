"""An RTSP camera, run by a Python that has GStreamer's bindings: `python gst_rtsp_server.py PORT WIDTH HEIGHT`."""

import sys


def main(port: str, width: str, height: str) -> None:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    encoder = "jpegenc ! rtpjpegpay name=pay0"
    if Gst.ElementFactory.find("x264enc"):
        encoder = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=250 ! rtph264pay name=pay0"
    picture = f"video/x-raw,format=I420,width={width},height={height},framerate=25/1"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( videotestsrc is-live=true ! {picture} ! {encoder} )")
    server = GstRtspServer.RTSPServer(service=port, address="127.0.0.1")
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
